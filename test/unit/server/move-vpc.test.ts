import { expect } from 'chai';
import { decodeRecord } from '../../../core/codec/records.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { CopiesLane, Lane, Member, SlotHolder } from '../../../core/model/resources.ts';
import { endMembership } from '../../../core/placement/leaving.ts';
import { transact } from '../../../core/store/transaction.ts';
import { takeReport } from '../../../server/reports/take-report.ts';
import { bindPort } from '../../../server/rpc/port/bind-port.ts';
import { deletePorts } from '../../../server/rpc/port/delete-ports.ts';
import { getPort } from '../../../server/rpc/port/get-port.ts';
import { unbindPort } from '../../../server/rpc/port/unbind-port.ts';
import { Audience } from '../../../server/rpc/status/audience.ts';
import { getVpcStatus } from '../../../server/rpc/status/get-vpc-status.ts';
import { createVpc } from '../../../server/rpc/vpc/create-vpc.ts';
import { deleteVpc } from '../../../server/rpc/vpc/delete-vpc.ts';
import { moveVpc } from '../../../server/rpc/vpc/move-vpc.ts';
import { finishVpcs } from '../../../server/rpc/vpc/unfinished.ts';
import { inconsistencies } from '../../support/consistency.ts';
import { controlPlane, failure, refused, request, takeDeps } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { makeHosts, makePorts, makeSubnet, revisionOf } from './port-fixture.ts';

const scope = scopes.vpc('v1');
const hosts = ['h0', 'h1', 'h2'];

describe('MoveVpc', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane({ clusters: ['home', 'other'] });
    await createVpc(plane.deps, request('CreateVpc', { vpc: { id: 'v1' }, cluster: 'home' }));
    await makeSubnet(plane, 's1', '10.0.0.0/24');
    await makePorts(plane, ...hosts.map((_host, n) => ({ id: `p${n}` })));
    await makeHosts(plane, ...hosts);
    for (const n of hosts.keys()) await bind(n);
  });

  const bind = (n: number) => bindPort(plane.deps, request('BindPort', { portId: `p${n}`, hostId: `h${n}` }));
  const move = (cluster = 'other', more: { requestId?: string; newTopic?: boolean } = {}) =>
    moveVpc(plane.deps, request('MoveVpc', { id: 'v1', cluster, ...more }));
  const status = () => getVpcStatus(plane.deps, request('GetVpcStatus', { id: 'v1' }));
  const lane = async () =>
    (await transact(plane.store, scope, (tx) => tx.get<CopiesLane>(keys.copiesLane))).result?.value;
  const all = async <T>(kind: string): Promise<T[]> =>
    (await plane.store.list(scope, kind, '', 100)).flatMap((record) => decodeRecord<T>(record)?.value ?? []);
  const members = () => all<Member>('member');
  const draining = async () => (await all<SlotHolder>('slot')).filter(({ state }) => state === 'draining');
  const exists = async (topic: string, n: number) =>
    (await plane.clusters[n]?.admin.topicStats(topic)) !== undefined;

  async function report(host: string, epoch: number): Promise<void> {
    const revision = await revisionOf(plane);
    const part = { scope, epoch, incarnation: 1, revision, failures: [], needsSnapshot: false };
    await takeReport(takeDeps(plane), { host, sentAtMs: 1, scopes: [part], left: [] });
  }

  /** As the host says that it has acknowledged its fence. */
  async function leave(): Promise<void> {
    for (const { hostId: host, partition, slot, epoch } of await draining()) {
      const left = [{ scope, partition, slot, epoch }];
      await takeReport(takeDeps(plane), { host, sentAtMs: 1, scopes: [], left });
    }
  }

  it('gives every host a slot on the other cluster, and the old one back when it has reported from there', async () => {
    const first = plane.deps.topics.vpc('v1');
    const answer = await move();
    expect(answer).to.include({ cluster: 'other', formerCluster: 'home', formerTopic: first, hostCount: 3 });
    expect(await lane()).to.include({ cluster: 'other', base: 2, partitions: 2 });
    for (const { partition, epoch } of await members()) {
      expect(partition).to.be.within(2, 3);
      expect(epoch).to.equal(2);
    }
    expect(await draining()).to.deep.equal([]);
    await report('h0', 1);
    expect(await draining(), 'an earlier report').to.deep.equal([]);
    for (const host of hosts) await report(host, 2);
    expect((await draining()).map(({ hostId, epoch }) => `${hostId}/${epoch}`)).to.have.members(
      hosts.map((host) => `${host}/1`),
    );
    expect(await exists(first, 0)).to.equal(true);
    await leave();
    expect(await exists(first, 0)).to.equal(false);
    expect(await status()).to.include({ cluster: 'other', formerCluster: '', formerTopic: '' });
    expect(await plane.store.catalog('vpc-move', '', 10)).to.deep.equal([]);
    expect(await inconsistencies(plane.store)).to.deep.equal([]);
  });

  it('does nothing to a VPC that is there, unless it shall have another topic', async () => {
    const before = await lane();
    await move('home');
    expect(await lane()).to.deep.equal(before);
    await move('home', { newTopic: true });
    expect(await lane()).to.deep.include({ cluster: 'home', former: before });
  });

  it('is done once for one request id', async () => {
    await move('other', { requestId: 'r' });
    const moved = await lane();
    await move('other', { requestId: 'r' });
    expect(await lane()).to.deep.equal(moved);
    for (const host of hosts) await report(host, 2);
    await leave();
    await move('home');
    const back = await lane();
    await move('other', { requestId: 'r' });
    expect(await lane()).to.deep.equal(back);
  });

  it('waits for the move before it', async () => {
    await move();
    const aborted = { code: 'aborted', resource: { type: 'vpc', id: 'v1' } } as const;
    await refused(plane, 'v1', () => move('home'), aborted);
  });

  it('goes to clusters that are known and take something new', async () => {
    expect((await failure(() => move('nope'))).code).to.equal('not_found');
  });

  it('goes on where a server was broken off', async () => {
    const { store } = plane;
    let commits = 0;
    const dying = new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        if (name === 'commit' && ++commits > 2) return () => Promise.reject(new Error('died'));
        return value.bind(target) as unknown;
      },
    });
    const deps = { ...plane.deps, store: dying };
    await moveVpc(deps, request('MoveVpc', { id: 'v1', cluster: 'other' })).catch(() => undefined);
    expect((await lane())?.cluster).to.equal('other');
    await finishVpcs(plane.deps);
    for (const { partition } of await members()) expect(partition).to.be.within(2, 3);
  });

  it('takes the old slots of hosts that are offline', async () => {
    await plane.store.advanceLeaseClock(await plane.store.leaseClock(), 3_600_000);
    await plane.store.hear(['h0', 'h1'], await plane.store.leaseClock());
    await move();
    expect((await draining()).map(({ hostId }) => hostId)).to.deep.equal(['h2']);
  });

  it('takes old slots that hosts hold although they have reported from the new ones', async () => {
    await move();
    // As when the store has lost that they left, and kept their reports.
    const put = (reporter: string, epoch: number, revision: number): Promise<unknown> =>
      plane.store.putReport(scope, { reporter, incarnation: 1, epoch, revision, body: '{}' });
    await put('h0', 2, await revisionOf(plane));
    await put('h1', 2, 0);
    await put('h2', 1, await revisionOf(plane));
    await finishVpcs(plane.deps);
    expect((await draining()).map(({ hostId }) => hostId)).to.deep.equal(['h0']);
  });

  it('goes well with hosts that leave, and with the deletion of the VPC', async () => {
    await move();
    for (const n of hosts.keys()) await unbindPort(plane.deps, request('UnbindPort', { portId: `p${n}` }));
    expect(await draining(), 'both slots of each').to.have.length(6);
    await bind(0);
    await unbindPort(plane.deps, request('UnbindPort', { portId: 'p0' }));
    expect(await inconsistencies(plane.store)).to.deep.equal([]);
    const { topic, former } = (await lane()) ?? {};
    await deletePorts(plane.deps, request('DeletePorts', { ids: ['p0', 'p1', 'p2'] }));
    await deleteVpc(plane.deps, request('DeleteVpc', { id: 'v1' }));
    for (const released of await draining()) await endMembership(plane.store, { vpcId: 'v1', released });
    await finishVpcs(plane.deps);
    expect(await exists(topic ?? '', 1)).to.equal(false);
    expect(await exists(former?.topic ?? '', 0)).to.equal(false);
    expect(await lane()).to.equal(undefined);
  });

  it('takes the fan-out lane away, which is on the old cluster', async () => {
    const fanOut: Lane = { cluster: 'home', topic: plane.deps.topics.fanOut('v1'), partitions: 1 };
    await plane.clusters[0]?.admin.ensureTopic(fanOut.topic, 1, []);
    await transact(plane.store, scope, (tx) => {
      tx.put(keys.fanOutLane, fanOut);
      return Promise.resolve();
    });
    await move();
    expect(await all('fan-out')).to.deep.equal([]);
    for (const host of hosts) await report(host, 2);
    expect(await exists(fanOut.topic, 0)).to.equal(true);
    await leave();
    expect(await exists(fanOut.topic, 0)).to.equal(false);
  });

  it('leaves ports as they were, and those who wait for a revision waiting', async () => {
    await report('h0', 1);
    const revision = await revisionOf(plane);
    const statusOf = async () => (await getPort(plane.deps, request('GetPort', { id: 'p0' }))).status;
    expect(await statusOf()).to.equal('APPLY_STATUS_ACTIVE');
    const waiting = await Audience.of(plane.deps, scope, revision);
    await move();
    expect(await statusOf()).to.equal('APPLY_STATUS_ACTIVE');
    const later = await Audience.of(plane.deps, scope, revision);
    for (const audience of [waiting, later]) {
      await audience.look(revision);
      expect(audience.applied).to.equal(1);
      expect(audience.pending).to.have.members(['h1', 'h2']);
    }
    await report('h1', 2);
    await waiting.look(revision);
    expect(waiting.pending).to.deep.equal(['h2']);
  });
});
