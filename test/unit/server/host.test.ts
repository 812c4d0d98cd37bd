import { expect } from 'chai';
import type { RequestInput } from '../../../adapters/grpc/methods.ts';
import { decodeRecord } from '../../../core/codec/records.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Lane, Member } from '../../../core/model/resources.ts';
import { getHost } from '../../../server/rpc/host/get-host.ts';
import { listHosts } from '../../../server/rpc/host/list-hosts.ts';
import { registerHost } from '../../../server/rpc/host/register-host.ts';
import { unbindPort } from '../../../server/rpc/port/unbind-port.ts';
import { controlPlane, failure, makeVpc, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { makePort } from './port-fixture.ts';

type HostFields = NonNullable<RequestInput<'RegisterHost'>['host']>;

describe('hosts', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane({ clusters: ['home', 'away'] });
  });
  const register = (host: HostFields, cluster = '') =>
    registerHost(plane.deps, request('RegisterHost', { host, cluster }));

  it('gives a new host a slot and says where to connect and to report', async () => {
    const answer = await register(
      { id: 'h1', vtepIp: '192.0.2.1', zone: 'z1', serves: ['elb', 'elb'] },
      'away',
    );
    const lane = answer.host?.lane;
    expect(lane).to.include({ cluster: 'away', topic: plane.deps.topics.hosts, partition: 0, epoch: 1 });
    expect(lane?.slot).to.be.within(1, 65_535);
    expect(answer.host).to.deep.include({ id: 'h1', zone: 'z1', serves: ['elb'], vpcIds: [] });
    expect(answer.clusters).to.have.deep.members([
      { name: 'home', serviceUrl: 'pulsar://home' },
      { name: 'away', serviceUrl: 'pulsar://away' },
    ]);
    expect(answer).to.include({ statusTopic: plane.deps.topics.status, statusPartitions: 2, revision: 1 });
    const [record] = await plane.store.read(scopes.lane('away'), [keys.member('h1')]);
    expect(record && decodeRecord<Member>(record)?.value.slot).to.equal(lane?.slot);
    expect(plane.woken).to.include('host/h1');
  });

  it('changes nothing when repeated, and only what is said differently otherwise', async () => {
    const first = await register({ id: 'h1', vtepIp: '192.0.2.1' });
    expect(await register({ id: 'h1', vtepIp: '192.0.2.1' }, 'away')).to.deep.equal(first);
    plane.now += 5;
    const second = await register({ id: 'h1', vtepIp: '192.0.2.1', agentVersion: '2' });
    expect(second.revision).to.equal(2);
    expect(second.host?.lane).to.deep.equal(first.host?.lane);
    expect(second.host?.createTime).to.deep.equal(first.host?.createTime);
    expect(second.host?.updateTime).not.to.deep.equal(first.host?.updateTime);
  });

  it('gives one slot to a host that registers many times at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        register({ id: 'h1', vtepIp: '192.0.2.1' }, i % 2 ? 'home' : 'away'),
      ),
    );
    const lanes = new Set(answers.map((answer) => JSON.stringify(answer.host?.lane)));
    expect(lanes).to.have.lengthOf(1);
    const counts = await Promise.all(
      ['home', 'away'].map((name) => plane.store.counters(scopes.lane(name), ['members/0'])),
    );
    expect(counts.flat().sort()).to.deep.equal([0, 1]);
  });

  it('spreads hosts over clusters and grows the lanes', async () => {
    for (let i = 0; i < 12; i++) await register({ id: `h${i}`, vtepIp: `192.0.2.${i + 1}` });
    for (const name of ['home', 'away']) {
      const [record] = await plane.store.read(scopes.lane(name), [keys.copiesLane]);
      const lane = record && decodeRecord<Lane>(record)?.value;
      expect(lane?.partitions).to.be.at.least(3);
      const stats = await plane.deps.clusters.get(name)?.admin.topicStats(plane.deps.topics.hosts);
      expect(stats?.partitions).to.be.at.least(lane?.partitions ?? 99);
      expect(await plane.store.counters(scopes.region, [`hosts/${name}`])).to.deep.equal([6]);
    }
  });

  it('keeps tunnel endpoints unique and frees the one that a host gives up', async () => {
    await register({ id: 'h1', vtepIp: '192.0.2.1' });
    const error = await failure(() => register({ id: 'h2', vtepIp: '192.0.2.1' }));
    expect(error.code).to.equal('already_exists');
    expect(error.violations[0]?.field).to.equal('host.vtep_ip');
    expect((await failure(() => getHost(plane.deps, request('GetHost', { id: 'h2' })))).code).to.equal(
      'not_found',
    );
    await register({ id: 'h1', vtepIp: '192.0.2.9' });
    await register({ id: 'h2', vtepIp: '192.0.2.1' });
    expect(await plane.store.owners('vtep', ['192.0.2.1', '192.0.2.9'])).to.deep.equal(['h2', 'h1']);
  });

  it('shows the VPCs that a host has ports of, at once', async () => {
    await makeVpc(plane, 'v1');
    await makeVpc(plane, 'v2');
    await register({ id: 'h1', vtepIp: '192.0.2.1' });
    await register({ id: 'h2', vtepIp: '192.0.2.2' });
    await makePort(plane, { id: 'p1', vpcId: 'v1' }, { hostId: 'h1' });
    await makePort(plane, { id: 'p2', vpcId: 'v2' }, { hostId: 'h1' });
    const vpcs = async () => (await getHost(plane.deps, request('GetHost', { id: 'h1' }))).vpcIds;
    expect(await vpcs()).to.deep.equal(['v1', 'v2']);
    await unbindPort(plane.deps, request('UnbindPort', { portId: 'p1' }));
    expect(await vpcs()).to.deep.equal(['v2']);
    const one = await listHosts(plane.deps, request('ListHosts', { pageSize: 1 }));
    expect(one.hosts?.map((host) => [host.id, host.vpcIds])).to.deep.equal([['h1', ['v2']]]);
    const two = await listHosts(plane.deps, request('ListHosts', { pageToken: one.nextPageToken ?? '' }));
    expect(two.hosts?.map((host) => host.id)).to.deep.equal(['h2']);
    expect(two.nextPageToken).to.equal('');
  });

  it('says how long each has been silent, and whether its lease has ended', async () => {
    await plane.store.advanceLeaseClock(0, 10_000);
    const made = await register({ id: 'h1', vtepIp: '192.0.2.1' });
    expect(made.host).to.deep.include({ online: true, silence: { seconds: 0, nanos: 0 } });
    await plane.store.advanceLeaseClock(10_000, 30_000);
    await register({ id: 'h2', vtepIp: '192.0.2.2' });
    const shown = async () => {
      const { hosts = [] } = await listHosts(plane.deps, request('ListHosts', {}));
      return hosts.map(({ id, online, silence }) => [id, online, silence?.seconds]);
    };
    expect(await shown()).to.deep.equal([
      ['h1', true, 30],
      ['h2', true, 0],
    ]);
    await plane.store.advanceLeaseClock(40_000, 1_500);
    expect(await shown()).to.deep.equal([
      ['h1', false, 31],
      ['h2', true, 1],
    ]);
    const silent = await getHost(plane.deps, request('GetHost', { id: 'h1' }));
    expect(silent).to.deep.include({ online: false, silence: { seconds: 31, nanos: 500_000_000 } });
    await plane.store.hear(['h1'], 41_500);
    expect(await getHost(plane.deps, request('GetHost', { id: 'h1' }))).to.include({ online: true });
  });

  const ok = { id: 'x', vtepIp: '192.0.2.1' };
  const violations: [string, HostFields | undefined, string, string?, ErrorCode?][] = [
    ['no host', undefined, 'host'],
    ['no id', { ...ok, id: '' }, 'host.id'],
    ['a bad id', { ...ok, id: 'a/b' }, 'host.id'],
    ['no tunnel endpoint', { id: 'x' }, 'host.vtep_ip'],
    ['a bad tunnel endpoint', { ...ok, vtepIp: '1.2.3' }, 'host.vtep_ip'],
    ['a long name', { ...ok, name: 'n'.repeat(256) }, 'host.name'],
    ['a bad MAC', { ...ok, macAddress: 'x' }, 'host.mac_address'],
    ['a long zone', { ...ok, zone: 'z'.repeat(256) }, 'host.zone'],
    ['a nameless label', { ...ok, labels: { '': '' } }, 'host.labels'],
    ['a bad kind', { ...ok, serves: ['elb', 'ELB'] }, 'host.serves[1]'],
    ['too many kinds', { ...ok, serves: Array.from({ length: 33 }, (_, n) => `k${n}`) }, 'host.serves'],
    ['a long version', { ...ok, agentVersion: 'v'.repeat(256) }, 'host.agent_version'],
    ['a bad cluster', ok, 'cluster', '/'],
  ];
  for (const [name, host, field, cluster = ''] of violations) {
    it(`refuses ${name}`, async () => {
      const input = host === undefined ? { cluster } : { host, cluster };
      const error = await failure(() => registerHost(plane.deps, request('RegisterHost', input)));
      expect(error.code).to.equal('invalid_argument');
      expect(error.violations[0]?.field).to.equal(field);
      expect((await plane.store.status('host/x')).revision).to.equal(0);
      expect(await plane.store.catalog('host', '', 9)).to.deep.equal([]);
    });
  }

  it('refuses a cluster that is not there', async () => {
    expect((await failure(() => register(ok, 'nowhere'))).code).to.equal('not_found');
  });
});
