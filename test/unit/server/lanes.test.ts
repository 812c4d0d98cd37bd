import { expect } from 'chai';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Lane } from '../../../core/model/resources.ts';
import { changeUse } from '../../../core/placement/membership.ts';
import { transact } from '../../../core/store/transaction.ts';
import { growLane, partitionsFor, pickPartition, withCapacity } from '../../../server/lanes.ts';
import { mutate } from '../../../server/rpc/locate.ts';
import { controlPlane, makeVpc } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';

describe('lanes', () => {
  const scope = scopes.vpc('v1');
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane({ hostsPerPartition: 2, maxPartitions: 6 });
    await makeVpc(plane);
  });
  const join = (...hosts: string[]) =>
    withCapacity(plane.deps, scope, () =>
      mutate(plane.deps, scope, undefined, async (tx) => {
        const pick = pickPartition(plane.deps, tx);
        for (const host of hosts) await changeUse(tx, host, { bindings: 1, groups: new Map() }, pick);
      }),
    );
  const lane = async (): Promise<Lane | undefined> =>
    (await transact(plane.store, scope, (tx) => tx.get<Lane>(keys.copiesLane))).result?.value;
  const counts = async (): Promise<number[]> => {
    const names = Array.from({ length: (await lane())?.partitions ?? 0 }, (_, n) => `members/${n}`);
    return plane.store.counters(scope, names);
  };
  const topicPartitions = async (): Promise<number | undefined> =>
    (await plane.clusters[0]?.admin.topicStats((await lane())?.topic ?? ''))?.partitions;

  it('begin with as many partitions as the hosts need', () => {
    const limits = { hostsPerPartition: 500, maxPartitions: 16 };
    expect([0, 1, 500, 501, 4000, 1e6].map((hosts) => partitionsFor(hosts, limits))).to.deep.equal([
      1, 1, 1, 2, 8, 16,
    ]);
  });

  it('grow when every partition is full, up to the limit', async () => {
    const sizes: (number | undefined)[] = [];
    for (let n = 0; n < 14; n++) {
      await join(`h${n}`);
      sizes.push((await lane())?.partitions);
      expect(await topicPartitions()).to.equal(sizes.at(-1));
    }
    expect(sizes).to.deep.equal([1, 1, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6, 6, 6]);
    const members = await counts();
    expect(Math.max(...members)).to.equal(3);
    expect(members.reduce((sum, count) => sum + count)).to.equal(14);
  });

  it('spread the hosts of one call over the partitions', async () => {
    await join(...Array.from({ length: 12 }, (_, n) => `h${n}`));
    expect(await counts()).to.deep.equal([2, 2, 2, 2, 2, 2]);
  });

  it('lose no host when many come at once', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, n) => join(`h${n}`)));
    expect((await counts()).reduce((sum, count) => sum + count)).to.equal(12);
  });

  it('grow once when many find them full at once', async () => {
    const seen = await lane();
    if (seen === undefined) throw new Error('no lane');
    await Promise.all(Array.from({ length: 5 }, () => growLane(plane.deps, scope, seen)));
    expect(await lane()).to.deep.equal({ ...seen, partitions: 2 });
    expect(await topicPartitions()).to.equal(2);
  });
});
