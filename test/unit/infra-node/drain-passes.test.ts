import { expect } from 'chai';
import { openMemoryStore } from '../../../adapters/memory/store.ts';
import { silentLogger } from '../../../core/logger.ts';
import { scopes } from '../../../core/model/keys.ts';
import { DRAINING } from '../../../core/placement/leaving.ts';
import { Leadership } from '../../../infra-node/passes/leadership.ts';
import { runPasses } from '../../../infra-node/passes/passes.ts';
import { Node } from '../../../infra-node/node.ts';
import { eventually } from '../../support/eventually.ts';
import { DrainFixture } from './drain-fixture.ts';
import { topics, vpcId } from './vpc-fixture.ts';

const quick = { drainIntervalMs: 10, reconcileIntervalMs: 10, reconcilePerSecond: 1_000 };

describe('what one node of the region does beside dispatching', () => {
  let drain: DrainFixture;
  const running: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    drain = new DrainFixture();
    await drain.open(['h0', 'h1']);
  });
  afterEach(async () => {
    for (const stop of running.splice(0)) await stop();
    await drain.close();
  });

  function start(): Node {
    const { store } = drain.vpc;
    const clusters = new Map([['east', drain.cluster]]);
    const parts = { store, clusters, topics, clock: () => drain.vpc.nowMs, logger: silentLogger };
    const node = new Node({ ...parts, options: quick }, 1);
    const stop = new AbortController();
    const passes = runPasses(node, stop.signal);
    running.push(async () => {
      stop.abort();
      await passes;
    });
    return node;
  }

  it('is to free slots and to compare VPCs and hosts', async () => {
    await drain.node.store.enlist('vpc', vpcId);
    await drain.node.store.enlist('host', 'h0');
    await drain.leave('h0');
    await drain.expire('h0');
    const node = start();
    await node.offline.poll();
    await eventually(async () => {
      await drain.dispatch();
      expect(node.stats).to.include({ slotsFreed: 1 });
      expect(node.stats.scopesReconciled).to.be.greaterThan(1);
      expect(await drain.node.store.catalog(DRAINING, '', 10)).to.deep.equal([]);
      expect(await drain.backlog()).to.equal(1);
    });
  });

  it('is done by another when that one stops', async () => {
    await drain.node.store.enlist('host', 'h0');
    const [first, second] = [start(), start()];
    const done = (): boolean[] => [first, second].map(({ stats }) => stats.scopesReconciled > 0);
    await eventually(() => {
      expect(done()).to.include(true);
    });
    const leader = done().indexOf(true);
    expect(done()[1 - leader]).to.be.false;
    await running.splice(leader, 1)[0]?.();
    await drain.vpc.write(scopes.host('h0'), (tx) => {
      tx.put('config/c', { name: 'c' });
    });
    await drain.dispatch();
    await eventually(() => {
      expect(done()).to.deep.equal([true, true]);
    });
  });

  it('goes on when the store fails for a while', async () => {
    const { store } = drain.vpc;
    await store.enlist('host', 'h0');
    const claim = store.claim.bind(store);
    let failures = 0;
    Object.assign(store, {
      claim: (...of: Parameters<typeof claim>) =>
        failures++ < 5 ? Promise.reject(new Error('no store')) : claim(...of),
    });
    const node = start();
    await eventually(() => {
      expect(node.stats.scopesReconciled).to.be.greaterThan(0);
    });
  });
});

describe('the leadership of a background task', () => {
  it('is with one at a time, and with another once it is given up or not held on to', async () => {
    let nowMs = 0;
    const store = openMemoryStore({ now: () => nowMs });
    const [one, other] = [new Leadership(store, 'x'), new Leadership(store, 'x')];
    expect([await one.holds(), await other.holds(), await one.holds()]).to.deep.equal([true, false, true]);
    await one.resign();
    expect([await other.holds(), await one.holds()]).to.deep.equal([true, false]);
    expect(await new Leadership(store, 'y').holds(), 'of another task').to.be.true;
    nowMs += 59_999;
    expect(await one.holds()).to.be.false;
    nowMs += 1;
    expect(await one.holds()).to.be.true;
  });
});
