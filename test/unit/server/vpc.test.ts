import { expect } from 'chai';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Lane, Vpc } from '../../../core/model/resources.ts';
import { changeUse, freeDrained } from '../../../core/placement/membership.ts';
import { transact } from '../../../core/store/transaction.ts';
import { pickPartition } from '../../../server/lanes.ts';
import { mutate, need } from '../../../server/rpc/locate.ts';
import { createPort } from '../../../server/rpc/port/create-port.ts';
import { createSubnet } from '../../../server/rpc/subnet/create-subnet.ts';
import { getSubnet } from '../../../server/rpc/subnet/get-subnet.ts';
import { listSubnets } from '../../../server/rpc/subnet/list-subnets.ts';
import { createVpc } from '../../../server/rpc/vpc/create-vpc.ts';
import { deleteVpc } from '../../../server/rpc/vpc/delete-vpc.ts';
import { finishDeletedVpc } from '../../../server/rpc/vpc/finish-deleted-vpc.ts';
import { getVpc } from '../../../server/rpc/vpc/get-vpc.ts';
import { listVpcs } from '../../../server/rpc/vpc/list-vpcs.ts';
import { updateVpc } from '../../../server/rpc/vpc/update-vpc.ts';
import { controlPlane, failure, makeVpc, refused, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';

describe('VPCs', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane();
  });
  const create = (input: Parameters<typeof request<'CreateVpc'>>[1]) =>
    createVpc(plane.deps, request('CreateVpc', input));

  describe('create', () => {
    it('fills in defaults, makes the topic before the registry shows it, and wakes the dispatchers', async () => {
      const made = await create({ vpc: { name: 'web', projectId: 'p1', cidrs: ['10.0.0.0/8', 'FD00::/8'] } });
      expect(made.id).to.match(/^[0-9a-f-]{36}$/);
      expect(made).to.include({
        networkType: 'NETWORK_TYPE_VXLAN',
        mtu: 1450,
        vni: 1,
        revision: 1,
        adminStateDown: false,
      });
      expect(made.cidrs).to.deep.equal(['10.0.0.0/8', 'fd00::/8']);
      expect(made.createTime).to.deep.equal({ seconds: 1_700_000_000, nanos: 123_000_000 });
      const scope = scopes.vpc(made.id ?? '');
      expect(plane.woken.at(-1)).to.equal(scope);
      const { value: lane } = (await transact(plane.store, scope, (tx) => tx.get<Lane>(keys.copiesLane)))
        .result ?? { value: undefined };
      expect(lane).to.include({ cluster: 'home', partitions: 1 });
      const stats = await plane.clusters[0]?.admin.topicStats(lane?.topic ?? '');
      expect(Object.keys(stats?.subscriptions ?? {})).to.deep.equal(['hosts']);
    });

    it('makes partitions for the expected hosts, within the limit', async () => {
      const partitions = async (expectedHosts: number): Promise<number | undefined> => {
        const { id = '' } = await create({ vpc: {}, expectedHosts });
        return (await plane.clusters[0]?.admin.topicStats(plane.deps.topics.vpc(id)))?.partitions;
      };
      expect(await partitions(5)).to.equal(3);
      expect(await partitions(4_000_000_000)).to.equal(8);
    });

    const violations: [string, Parameters<typeof request<'CreateVpc'>>[1], string][] = [
      ['no VPC', {}, 'vpc'],
      ['a bad id', { vpc: { id: 'a/b' } }, 'vpc.id'],
      ['an id like a partition of another topic', { vpc: { id: 'x-partition-0' } }, 'vpc.id'],
      ['a bad project', { vpc: { id: 'x', projectId: 'a b' } }, 'vpc.project_id'],
      ['a long name', { vpc: { id: 'x', name: 'n'.repeat(256) } }, 'vpc.name'],
      ['a long description', { vpc: { id: 'x', description: 'n'.repeat(256) } }, 'vpc.description'],
      ['an unknown network type', { vpc: { id: 'x', networkType: 9 as 1 } }, 'vpc.network_type'],
      ['a vni that is too large', { vpc: { id: 'x', vni: 0x100_0000 } }, 'vpc.vni'],
      ['an mtu that is too small', { vpc: { id: 'x', mtu: 67 } }, 'vpc.mtu'],
      ['an mtu that is too large', { vpc: { id: 'x', mtu: 9217 } }, 'vpc.mtu'],
      ['host bits', { vpc: { id: 'x', cidrs: ['10.0.0.0/8', '11.0.0.1/8'] } }, 'vpc.cidrs[1]'],
      ['overlapping ranges', { vpc: { id: 'x', cidrs: ['10.0.0.0/8', '10.1.0.0/16'] } }, 'vpc.cidrs[1]'],
      ['a label without a name', { vpc: { id: 'x', labels: { '': 'a' } } }, 'vpc.labels'],
      ['a long request id', { requestId: 'r'.repeat(129), vpc: { id: 'x' } }, 'request_id'],
      ['a bad cluster', { vpc: { id: 'x' }, cluster: 'a b' }, 'cluster'],
    ];
    for (const [what, input, field] of violations) {
      it(`refuses ${what}`, async () => {
        await refused(plane, 'x', () => create(input), { code: 'invalid_argument', field });
      });
    }

    it('refuses an id that exists, a vni that is taken, and a cluster that is not there', async () => {
      await create({ vpc: { id: 'v1', vni: 77 } });
      await refused(plane, 'v1', () => create({ vpc: { id: 'v1' } }), {
        code: 'already_exists',
        resource: { type: 'vpc', id: 'v1' },
      });
      await refused(plane, 'v2', () => create({ vpc: { id: 'v2', vni: 77 } }), {
        code: 'already_exists',
        field: 'vpc.vni',
      });
      await refused(plane, 'v2', () => create({ vpc: { id: 'v2' }, cluster: 'moon' }), {
        code: 'not_found',
        resource: { type: 'cluster', id: 'moon' },
      });
    });

    it('skips numbers that were asked for when it chooses one', async () => {
      await create({ vpc: { vni: 1 } });
      await create({ vpc: { vni: 2 } });
      expect((await create({ vpc: {} })).vni).to.equal(3);
    });

    it('spreads VPCs over the open clusters', async () => {
      plane = await controlPlane({ clusters: ['a', 'b', 'c'] });
      await transact(plane.store, scopes.region, async (tx) => {
        const cluster = await tx.get<object>(keys.cluster('c'));
        tx.put(keys.cluster('c'), { ...cluster?.value, open: false });
      });
      for (let n = 0; n < 4; n++) await create({ vpc: { id: `v${n}` } });
      const counts = await plane.store.counters(scopes.region, ['vpcs/a', 'vpcs/b', 'vpcs/c']);
      expect(counts).to.deep.equal([2, 2, 0]);
      await refused(plane, 'x', () => create({ vpc: { id: 'x' }, cluster: 'c' }), {
        code: 'failed_precondition',
      });
    });
  });

  describe('request ids', () => {
    it('make one VPC of identical calls, at once or later', async () => {
      const call = () => create({ requestId: 'r1', vpc: { name: 'once' } });
      const made = await Promise.all(Array.from({ length: 8 }, call));
      made.push(await call());
      for (const vpc of made) expect(vpc).to.deep.equal(made[0]);
      const { vpcs } = await listVpcs(plane.deps, request('ListVpcs', {}));
      expect(vpcs).to.have.length(1);
    });

    it('are refused with other contents', async () => {
      await create({ requestId: 'r1', vpc: { id: 'v1', name: 'one' } });
      await refused(plane, 'v1', () => create({ requestId: 'r1', vpc: { id: 'v1', name: 'two' } }), {
        code: 'invalid_argument',
        field: 'request_id',
      });
    });

    it('answer a repeat of a deletion, and of a creation after it', async () => {
      const first = await create({ requestId: 'r1', vpc: { id: 'v1' } });
      const remove = () => deleteVpc(plane.deps, request('DeleteVpc', { requestId: 'r2', id: 'v1' }));
      expect(await remove()).to.deep.equal(await remove());
      expect(await create({ requestId: 'r1', vpc: { id: 'v1' } })).to.deep.equal(first);
      expect(await plane.clusters[0]?.admin.topicStats(plane.deps.topics.vpc('v1'))).to.equal(undefined);
    });
  });

  describe('list', () => {
    it('pages, and filters by project', async () => {
      for (let n = 0; n < 5; n++) await makeVpc(plane, `v${n}`, { projectId: n % 2 === 0 ? 'even' : 'odd' });
      const seen: unknown[] = [];
      let pageToken = '';
      do {
        const page = await listVpcs(plane.deps, request('ListVpcs', { pageSize: 2, pageToken }));
        expect(page.vpcs?.length).to.be.at.most(2);
        seen.push(...(page.vpcs ?? []).map((vpc) => vpc.id));
        pageToken = page.nextPageToken ?? '';
      } while (pageToken !== '');
      expect(seen).to.deep.equal(['v0', 'v1', 'v2', 'v3', 'v4']);
      const { vpcs } = await listVpcs(plane.deps, request('ListVpcs', { projectId: 'odd' }));
      expect(vpcs?.map((vpc) => vpc.id)).to.deep.equal(['v1', 'v3']);
    });

    it('refuses pages that are too large and foreign tokens', async () => {
      const list = (input: object) => failure(() => listVpcs(plane.deps, request('ListVpcs', input)));
      expect((await list({ pageSize: 1001 })).violations[0]?.field).to.equal('page_size');
      for (const pageToken of ['!', 'YS9i', 'YQ==']) {
        expect((await list({ pageToken })).violations[0]?.field).to.equal('page_token');
      }
    });
  });

  describe('update', () => {
    const update = (input: Parameters<typeof request<'UpdateVpc'>>[1]) =>
      updateVpc(plane.deps, request('UpdateVpc', input));

    it('changes the named fields only', async () => {
      await makeVpc(plane, 'v1', { name: 'old', description: 'kept', labels: { a: 'b' } });
      plane.now += 1000;
      const updated = await update({
        vpc: { id: 'v1', name: 'new', description: 'ignored', adminStateDown: true },
        updateMask: { paths: ['name', 'labels', 'admin_state_down'] },
      });
      expect(updated).to.deep.include({ name: 'new', description: 'kept', labels: {}, revision: 2 });
      expect(updated.adminStateDown).to.equal(true);
      expect(updated.updateTime).to.deep.equal({ seconds: 1_700_000_001, nanos: 123_000_000 });
      expect(await getVpc(plane.deps, request('GetVpc', { id: 'v1' }))).to.deep.equal(updated);
    });

    it('refuses bad masks and values', async () => {
      await makeVpc(plane);
      const cases: [Parameters<typeof update>[0], string][] = [
        [{ vpc: { id: 'v1' } }, 'update_mask'],
        [{ vpc: { id: 'v1' }, updateMask: { paths: [] } }, 'update_mask'],
        [{ vpc: { id: 'v1' }, updateMask: { paths: ['vni'] } }, 'update_mask'],
        [{ vpc: { id: 'v1' }, updateMask: { paths: ['constructor'] } }, 'update_mask'],
        [{ updateMask: { paths: ['name'] } }, 'vpc'],
        [{ vpc: {}, updateMask: { paths: ['name'] } }, 'vpc.id'],
        [{ vpc: { id: 'v1', mtu: 1 }, updateMask: { paths: ['mtu'] } }, 'vpc.mtu'],
        [{ vpc: { id: 'v1', cidrs: ['x'] }, updateMask: { paths: ['cidrs'] } }, 'vpc.cidrs[0]'],
      ];
      for (const [input, field] of cases) {
        await refused(plane, 'v1', () => update(input), { code: 'invalid_argument', field });
      }
      await refused(plane, 'no', () => update({ vpc: { id: 'no' }, updateMask: { paths: ['name'] } }), {
        code: 'not_found',
        resource: { type: 'vpc', id: 'no' },
      });
    });

    it('keeps every subnet inside the ranges', async () => {
      await makeVpc(plane, 'v1', { cidrs: ['10.0.0.0/8'] });
      const subnet = { id: 's1', vpcId: 'v1', cidr: '10.1.0.0/16' };
      await createSubnet(plane.deps, request('CreateSubnet', { subnet }));
      const cidrs = (ranges: string[]) => () =>
        update({ vpc: { id: 'v1', cidrs: ranges }, updateMask: { paths: ['cidrs'] } });
      await refused(plane, 'v1', cidrs(['10.2.0.0/16']), { code: 'failed_precondition', field: 'vpc.cidrs' });
      await cidrs(['192.168.0.0/16', '10.0.0.0/12'])();
      await cidrs([])();
    });
  });

  describe('delete', () => {
    const remove = (id: string) => deleteVpc(plane.deps, request('DeleteVpc', { id }));

    it('takes all with it; what is asked later is not there', async () => {
      await makeVpc(plane, 'v1', { vni: 9 });
      const subnet = { id: 's1', vpcId: 'v1', cidr: '10.1.0.0/16' };
      await createSubnet(plane.deps, request('CreateSubnet', { subnet }));
      await remove('v1');
      const missing = { code: 'not_found', resource: { type: 'vpc', id: 'v1' } } as const;
      await refused(plane, 'v1', () => getVpc(plane.deps, request('GetVpc', { id: 'v1' })), missing);
      await refused(plane, 'v1', () => remove('v1'), missing);
      await refused(
        plane,
        'v1',
        () => listSubnets(plane.deps, request('ListSubnets', { vpcId: 'v1' })),
        missing,
      );
      await refused(
        plane,
        'v1',
        () => createSubnet(plane.deps, request('CreateSubnet', { subnet })),
        missing,
      );
      const read = () => getSubnet(plane.deps, request('GetSubnet', { id: 's1' }));
      await refused(plane, 'v1', read, { code: 'not_found', resource: { type: 'subnet', id: 's1' } });
      expect(await plane.clusters[0]?.admin.topicStats(plane.deps.topics.vpc('v1'))).to.equal(undefined);
      expect((await listVpcs(plane.deps, request('ListVpcs', {}))).vpcs).to.deep.equal([]);
      expect(await plane.store.counters(scopes.region, ['vpcs/home'])).to.deep.equal([0]);

      await makeVpc(plane, 'v2', { vni: 9 });
      await createSubnet(plane.deps, request('CreateSubnet', { subnet: { ...subnet, vpcId: 'v2' } }));
      expect((await getVpc(plane.deps, request('GetVpc', { id: await makeVpc(plane, 'v1') }))).id).to.equal(
        'v1',
      );
    });

    it('is refused while there are ports, however the calls meet', async () => {
      const scope = scopes.vpc('v1');
      const addPort = () =>
        mutate(plane.deps, scope, undefined, async (tx) => {
          await need<Vpc>(tx, 'vpc', 'v1');
          tx.put(keys.port('p1'), { id: 'p1' });
          tx.count('ports', 1);
        });
      for (let round = 0; round < 20; round++) {
        plane = await controlPlane();
        await makeVpc(plane);
        const [deleted, added] = await Promise.allSettled(
          round % 2 === 0 ? [remove('v1'), addPort()] : [remove('v1'), Promise.resolve().then(addPort)],
        );
        expect([deleted, added].filter(({ status }) => status === 'fulfilled')).to.have.length(1);
        const [ports = 0] = await plane.store.counters(scope, ['ports']);
        expect((await plane.store.list(scope, 'vpc', '', 1)).length).to.equal(ports);
      }
    });

    it('and a port made at the same time never both succeed', async () => {
      for (let round = 0; round < 20; round++) {
        const vpcId = await makeVpc(plane, `r${round}`);
        const subnet = { id: `s${round}`, vpcId, cidr: '10.1.0.0/16' };
        await createSubnet(plane.deps, request('CreateSubnet', { subnet }));
        const port = { id: `p${round}`, vpcId };
        const calls = [() => remove(vpcId), () => createPort(plane.deps, request('CreatePort', { port }))];
        const ordered = round % 2 === 0 ? calls : calls.toReversed();
        const outcomes = await Promise.allSettled(ordered.map((call) => call()));
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
        const [ports = 0] = await plane.store.counters(scopes.vpc(vpcId), ['ports']);
        for (const kind of ['vpc', 'subnet', 'port']) {
          expect(await plane.store.list(scopes.vpc(vpcId), kind, '', 1), kind).to.have.length(ports);
        }
      }
    });

    it('leaves the topic until the last slot is drained', async () => {
      await makeVpc(plane, 'v1', { vni: 5 });
      const scope = scopes.vpc('v1');
      const use = (bindings: number) => ({ bindings, groups: new Map<string, number>() });
      await transact(plane.store, scope, (tx) => changeUse(tx, 'h1', use(1), pickPartition(plane.deps, tx)));
      await transact(plane.store, scope, (tx) => changeUse(tx, 'h1', use(-1), pickPartition(plane.deps, tx)));
      await remove('v1');
      const topic = () => plane.clusters[0]?.admin.topicStats(plane.deps.topics.vpc('v1'));
      expect(await topic()).not.to.equal(undefined);
      await refused(plane, 'v1', () => create({ vpc: { id: 'v1' } }), { code: 'aborted' });
      await refused(plane, 'v2', () => create({ vpc: { id: 'v2', vni: 5 } }), { code: 'already_exists' });

      const [slot] = await plane.store.list(scope, 'slot', '', 1);
      const holder = JSON.parse(slot?.body ?? '') as Parameters<typeof freeDrained>[1];
      await transact(plane.store, scope, (tx) => freeDrained(tx, holder));
      const finished = await Promise.all([1, 2, 3].map(() => finishDeletedVpc(plane.deps, 'v1')));
      expect(finished).to.include(true);
      expect(await topic()).to.equal(undefined);
      await create({ vpc: { id: 'v1', vni: 5 } });
      expect(await finishDeletedVpc(plane.deps, 'v1')).to.equal(true);
      expect(await topic()).not.to.equal(undefined);
    });
  });
});
