import { expect } from 'chai';
import { decodeRecord } from '../../../core/codec/records.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { CopiesLane, Member, SlotHolder } from '../../../core/model/resources.ts';
import { endMembership } from '../../../core/placement/leaving.ts';
import { readLane } from '../../../server/lanes.ts';
import { takeReport } from '../../../server/reports/take-report.ts';
import { deletePorts } from '../../../server/rpc/port/delete-ports.ts';
import { createVpc } from '../../../server/rpc/vpc/create-vpc.ts';
import { deleteVpc } from '../../../server/rpc/vpc/delete-vpc.ts';
import { finishVpcs } from '../../../server/rpc/vpc/unfinished.ts';
import { inconsistencies } from '../../support/consistency.ts';
import { controlPlane, makeVpc, request, takeDeps } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { makeHosts, makePort, makeSubnet, revisionOf } from './port-fixture.ts';

/** So a topic has blocks for two VPCs. */
const SHARED_HOSTS = 512;

describe('VPCs that share a topic', () => {
  let plane: ControlPlane;

  const laneOf = async (vpcId: string): Promise<CopiesLane> => {
    const lane = await readLane(plane.store, scopes.vpc(vpcId));
    if (lane === undefined) throw new Error(`${vpcId} has no lane`);
    return lane;
  };
  const all = async <T>(vpcId: string, kind: string): Promise<T[]> => {
    const records = await plane.store.list(scopes.vpc(vpcId), kind, '', 100);
    return records.flatMap((record) => decodeRecord<T>(record)?.value ?? []);
  };
  const exists = async (topic: string) => (await plane.clusters[0]?.admin.topicStats(topic)) !== undefined;
  const blockOf = async (vpcId: string): Promise<string> => {
    const { topic, block } = await laneOf(vpcId);
    return `${topic} ${block?.from}`;
  };

  it('are none unless the settings say so, nor those that are to be large', async () => {
    plane = await controlPlane();
    await makeVpc(plane, 'v1');
    expect(await laneOf('v1')).to.not.have.property('block');
    plane = await controlPlane({ sharedHosts: 4 });
    await createVpc(plane.deps, request('CreateVpc', { vpc: { id: 'v1' }, expectedHosts: 5 }));
    expect(await laneOf('v1')).to.deep.include({ topic: plane.deps.topics.vpc('v1'), partitions: 3 });
    await createVpc(plane.deps, request('CreateVpc', { vpc: { id: 'v2' }, expectedHosts: 4 }));
    expect((await laneOf('v2')).block?.hosts).to.equal(4);
  });

  it('have a block each, and as few topics as they need', async () => {
    plane = await controlPlane({ sharedHosts: 64 });
    const ids = Array.from({ length: 12 }, (_, n) => `v${n}`);
    for (const id of ids) await makeVpc(plane, id);
    const lanes = await Promise.all(ids.map(laneOf));
    expect(lanes.filter(({ block }) => block === undefined)).to.deep.equal([]);
    const blocks = await Promise.all(ids.map(blockOf));
    expect(new Set(blocks).size).to.equal(12);
    // 16 blocks each, of which some are spare.
    expect(new Set(lanes.map(({ topic }) => topic)).size).to.be.within(1, 2);
    for (const { block } of lanes) expect((block?.to ?? 0) - (block?.from ?? 0)).to.be.within(4_095, 4_096);
  });

  describe('of which every draw meets the same block', () => {
    const { random } = Math;
    beforeEach(async () => {
      plane = await controlPlane({ sharedHosts: SHARED_HOSTS });
      Math.random = () => 0;
    });
    afterEach(() => {
      Math.random = random;
    });

    it('get topics of their own where none is free', async () => {
      await makeVpc(plane, 'v1');
      await makeVpc(plane, 'v2');
      expect((await laneOf('v1')).topic).to.equal(plane.deps.topics.shared(SHARED_HOSTS, 0));
      expect((await laneOf('v2')).topic).to.equal(plane.deps.topics.vpc('v2'));
    });

    it('take over what a call that died has claimed', async () => {
      const topic = plane.deps.topics.shared(SHARED_HOSTS, 0);
      await plane.store.claim('lane-block', `home ${topic} 1`, 'dead');
      await makeVpc(plane, 'v1');
      expect((await laneOf('v1')).topic).to.not.equal(topic);
      plane.now += 61_000;
      await makeVpc(plane, 'v2');
      expect((await laneOf('v2')).topic).to.equal(topic);
    });
  });

  describe('when one grows', () => {
    const bind = (vpcId: string, n: number) =>
      makePort(plane, { id: `${vpcId}-p${n}`, vpcId }, { hostId: `h${n}` });

    beforeEach(async () => {
      plane = await controlPlane({ sharedHosts: 2, hostsPerPartition: 8 });
      await makeHosts(plane, 'h0', 'h1', 'h2', 'h3', 'h4', 'h5');
      for (const id of ['v1', 'v2']) {
        await makeVpc(plane, id);
        await makeSubnet(plane, `${id}-s`, '10.0.0.0/24', id);
      }
      for (const n of [0, 1]) await Promise.all([bind('v1', n), bind('v2', n)]);
    });

    async function moveAll(vpcId: string): Promise<void> {
      const scope = scopes.vpc(vpcId);
      const revision = await revisionOf(plane, vpcId);
      for (const { hostId: host, epoch } of await all<Member>(vpcId, 'member')) {
        const part = { scope, epoch, incarnation: 1, revision, failures: [], needsSnapshot: false };
        await takeReport(takeDeps(plane), { host, sentAtMs: 1, scopes: [part], left: [] });
      }
      for (const { hostId: host, partition, slot, epoch, state } of await all<SlotHolder>(vpcId, 'slot')) {
        if (state !== 'draining') continue;
        await takeReport(takeDeps(plane), {
          ...{ host, sentAtMs: 1, scopes: [] },
          left: [{ scope, partition, slot, epoch }],
        });
      }
    }

    it('moves out with the host that is too many, and gives the block back when all have followed', async () => {
      const shared = await laneOf('v1');
      const block = await blockOf('v1');
      await bind('v1', 2);
      expect(await laneOf('v1')).to.deep.include({ base: 1, partitions: 1, former: shared });
      const members = await all<Member>('v1', 'member');
      expect(members.map(({ partition, shared: isShared }) => [partition, isShared])).to.deep.equal(
        members.map(() => [1, undefined]),
      );
      expect(await inconsistencies(plane.store)).to.deep.equal([]);
      await moveAll('v1');
      expect(await laneOf('v1')).to.not.have.any.keys('former', 'block');
      expect(await exists(shared.topic), 'which is of others, too').to.equal(true);
      expect(await plane.store.owners('lane-block', [`home ${block}`])).to.deep.equal([undefined]);
      expect(await plane.store.counters(scopes.region, ['blocks/home'])).to.deep.equal([1]);
      expect(await inconsistencies(plane.store)).to.deep.equal([]);
    });

    it('moves out once, however many hosts come at once', async () => {
      await Promise.all([2, 3, 4, 5].map((n) => bind('v1', n)));
      expect(await laneOf('v1')).to.include({ base: 1 });
      expect(await all('v1', 'member')).to.have.length(6);
      expect(await inconsistencies(plane.store)).to.deep.equal([]);
    });

    it('gives its block back when it is deleted, not before its slots are free', async () => {
      const block = await blockOf('v1');
      await deletePorts(plane.deps, request('DeletePorts', { ids: ['v1-p0', 'v1-p1'] }));
      await deleteVpc(plane.deps, request('DeleteVpc', { id: 'v1' }));
      expect(await plane.store.owners('lane-block', [`home ${block}`])).to.deep.equal(['v1']);
      for (const released of await all<SlotHolder>('v1', 'slot')) {
        await endMembership(plane.store, { vpcId: 'v1', released });
      }
      await finishVpcs(plane.deps);
      expect(await plane.store.owners('lane-block', [`home ${block}`])).to.deep.equal([undefined]);
      expect(await exists((await laneOf('v2')).topic)).to.equal(true);
      const [record] = await plane.store.read(scopes.vpc('v1'), [keys.copiesLane]);
      expect(record?.body).to.equal(undefined);
      expect(await plane.store.counters(scopes.region, ['blocks/home'])).to.deep.equal([1]);
    });
  });
});
