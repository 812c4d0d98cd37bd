import { expect } from 'chai';
import { MemoryCluster } from '../../../adapters/memory/bus-cluster.ts';
import { openMemoryStore } from '../../../adapters/memory/store.ts';
import { decodeHeader } from '../../../core/codec/envelope.ts';
import { encodeWork } from '../../../core/codec/work.ts';
import type { Work } from '../../../core/codec/work.ts';
import { PlatformError } from '../../../core/errors.ts';
import { silentLogger } from '../../../core/logger.ts';
import type { Properties } from '../../../core/messaging/port.ts';
import { subscriptions } from '../../../core/placement/topics.ts';
import { scopes } from '../../../core/model/keys.ts';
import type { Scope, Store } from '../../../core/store/port.ts';
import type { InfraDeps } from '../../../infra-node/deps.ts';
import { startInfraNode } from '../../../infra-node/start.ts';
import type { InfraNode } from '../../../infra-node/start.ts';
import { overriddenBus } from '../../../local/overridden-bus.ts';
import { eventually } from '../../support/eventually.ts';
import { VpcFixture, hostLane, topics, vpcLane, vpcScope } from './vpc-fixture.ts';

const WORK_PARTITIONS = 2;

describe('infrastructure node on the embedded bus', () => {
  let cluster: MemoryCluster;
  let store: Store;
  let fixture: VpcFixture;
  let received: string[];
  const nodes: InfraNode[] = [];

  beforeEach(async () => {
    cluster = new MemoryCluster({ name: 'east' });
    store = openMemoryStore();
    fixture = new VpcFixture(store);
    received = [];
    await cluster.admin.ensureTopic(topics.work, WORK_PARTITIONS, [subscriptions.infra]);
    await cluster.admin.ensureTopic(vpcLane.topic, vpcLane.partitions, [subscriptions.hosts]);
    await cluster.admin.ensureTopic(hostLane.topic, hostLane.partitions, [subscriptions.hosts]);
    await fixture.createVpc();
    const { lane, member } = await fixture.register('h0', 10);
    await cluster.bus.subscribeSlot({
      address: { topic: lane.topic, partition: member.partition, slot: member.slot },
      subscription: subscriptions.hosts,
      consumerName: 'h0',
      handler: async (message) => {
        const { kind, scope } = decodeHeader(message.properties);
        received.push(`${kind} ${scope}`);
        await message.ack();
      },
    });
  });

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.drain()));
    await cluster.close();
  });

  async function start(more: Partial<InfraDeps> = {}): Promise<InfraNode> {
    const node = await startInfraNode({
      store,
      clusters: new Map([[cluster.name, cluster]]),
      topics,
      clock: () => fixture.nowMs,
      logger: silentLogger,
      ...more,
    });
    nodes.push(node);
    return node;
  }

  const put = (work: Work): Promise<void> =>
    cluster.bus.sendByKey(topics.work, WORK_PARTITIONS, work.scope, encodeWork(work));
  const wake = (scope: Scope): Promise<void> => put({ kind: 'dispatch', scope });

  async function backlog(): Promise<number> {
    const stats = await cluster.admin.topicStats(topics.work);
    return stats?.subscriptions[subscriptions.infra]?.backlog ?? -1;
  }

  const isSettled = async (): Promise<void> => {
    for (const scope of [vpcScope, scopes.host('h0')]) {
      const { dispatched, revision } = await store.status(scope);
      expect(dispatched, scope).to.equal(revision);
    }
    expect(await backlog()).to.equal(0);
  };

  it('serves work, and the host scopes that follow from it', async () => {
    const node = await start();
    await fixture.bind('p0', ['h0']);
    await wake(vpcScope);
    await eventually(isSettled);
    expect(received).to.deep.equal([`snapshot ${vpcScope}`, 'snapshot host/h0']);
    expect(node.stats).to.include({ snapshots: 2, failures: 0 });
  });

  it('finds what nobody told it of', async () => {
    await store.announce(vpcScope);
    await fixture.bind('p0', ['h0']);
    const node = await start({ options: { sweepIntervalMs: 5, sweepAfterMs: 1, settleAfterMs: 20 } });
    await eventually(isSettled);
    expect(node.stats.swept).to.be.greaterThan(0);
    await eventually(async () => {
      expect(await store.announced(0, 10)).to.deep.equal([]);
    });
  });

  it('dispatches what a subscription fails to deliver', async () => {
    const { bus, admin, name } = cluster;
    const deaf = overriddenBus(bus, {
      subscribeGroup: () => Promise.resolve({ close: () => Promise.resolve() }),
    });
    await store.announce(vpcScope);
    await fixture.bind('p0', ['h0']);
    await wake(vpcScope);
    await start({
      clusters: new Map([[name, { name, bus: deaf, admin }]]),
      options: { sweepIntervalMs: 5, sweepAfterMs: 1 },
    });
    await eventually(async () => {
      const { dispatched, revision } = await store.status(vpcScope);
      expect(dispatched).to.equal(revision);
    });
    expect(received).to.include(`snapshot ${vpcScope}`);
  });

  it('acknowledges work only when it has advanced', async () => {
    let refuse = true;
    const seen: number[] = [];
    const failing: Store = {
      ...store,
      advance: async (advance) => {
        seen.push(await backlog());
        if (refuse) throw new PlatformError('unavailable', 'no store');
        return store.advance(advance);
      },
    };
    const node = await start({ store: failing });
    await fixture.bind('p0', ['h0']);
    await wake(vpcScope);
    await eventually(() => {
      expect(node.stats.failures).to.be.greaterThan(1);
    });
    refuse = false;
    await eventually(isSettled);
    expect(Math.min(...seen)).to.be.greaterThan(0);
  });

  it('puts aside what it does not understand, with the reason, and goes on', async () => {
    await cluster.admin.ensureTopic(topics.deadLetters, 1, ['reader']);
    const node = await start({ name: 'node-1' });
    await cluster.bus.sendByKey(topics.work, WORK_PARTITIONS, 'x', {
      properties: { kind: 'nonsense' },
      payload: Buffer.alloc(0),
    });
    await eventually(async () => {
      expect(node.stats.workMalformed).to.equal(1);
      expect(await backlog()).to.equal(0);
    });
    const letters: Properties[] = [];
    await cluster.bus.subscribeGroup({
      topic: topics.deadLetters,
      partitions: 1,
      subscription: 'reader',
      consumerName: 'test',
      order: 'any',
      handler: async (message) => {
        letters.push(message.properties);
        await message.ack();
      },
    });
    await eventually(() => {
      expect(letters).to.have.length(1);
    });
    expect(letters[0]).to.include({
      reporter: 'node-1',
      lane: 'work',
      bytes: '0',
      'original.kind': 'nonsense',
    });
    expect(letters[0]?.['reason']).to.contain('nonsense');
  });

  it('drops a request that repeats one it has just answered', async () => {
    const node = await start();
    await fixture.bind('p0', ['h0']);
    const ask = (): Promise<void> => put({ kind: 'resync', scope: vpcScope, host: 'h0', epoch: 1 });
    for (let i = 1; i <= 3; i++) {
      await ask();
      await eventually(() => {
        expect(node.stats.resyncs + node.stats.resyncsDropped).to.equal(i);
      });
    }
    expect(node.stats).to.include({ resyncs: 1, resyncsDropped: 2 });
    fixture.nowMs += 10_000;
    await ask();
    await eventually(() => {
      expect(node.stats.resyncs).to.equal(2);
    });
  });

  it('sends nothing to a host whose lease has ended, and what it missed when it is back', async () => {
    const node = await start({ options: { offlinePollMs: 5 } });
    await fixture.bind('p0', ['h0']);
    await wake(vpcScope);
    await eventually(isSettled);
    const before = received.length;

    await store.hear(['h0'], 0);
    await store.advanceLeaseClock(0, 30_001);
    await eventually(() => {
      expect(node.stats.offline).to.equal(1);
    });
    await fixture.bind('p0', ['h0'], 'renamed');
    await wake(vpcScope);
    await eventually(isSettled);
    expect(received).to.have.length(before);
    expect(node.stats.held).to.equal(1);

    await store.hear(['h0'], 30_001);
    const { copies } = node.stats;
    await eventually(async () => {
      await put({ kind: 'resume', scope: vpcScope });
      expect(node.stats).to.include({ resumed: 1, copies });
    });
  });

  it('leaves to others what it had not begun when it was drained', async () => {
    let drained: Promise<void> | undefined;
    const first: InfraNode = await start({
      hooks: {
        step: async (name) => {
          if (name !== 'begun' || drained !== undefined) return;
          await wake(vpcScope);
          drained = first.drain();
        },
      },
    });
    await fixture.bind('p0', ['h0']);
    await wake(vpcScope);
    await eventually(() => {
      expect(drained).to.not.equal(undefined);
    });
    await drained;
    expect(await store.status(vpcScope)).to.deep.include({ dispatched: 2 });
    await start();
    await eventually(isSettled);
  });

  it('hands back what waits for the broker when its time is over', async () => {
    const { bus, admin, name } = cluster;
    let sends = 0;
    const hanging = overriddenBus(bus, { sendToSlot: () => new Promise(() => sends++) });
    const stuck = await start({ clusters: new Map([[name, { name, bus: hanging, admin }]]) });
    await fixture.bind('p0', ['h0']);
    await wake(vpcScope);
    await eventually(() => {
      expect(sends).to.be.greaterThan(0);
    });
    await stuck.drain(20);
    await start();
    await eventually(isSettled);
  });

  it('shares the work with other nodes, each scope at one of them at a time', async () => {
    const all = await Promise.all([start(), start(), start()]);
    for (let i = 0; i < 20; i++) {
      await fixture.bind(`p${i}`, ['h0']);
      await wake(vpcScope);
      await wake(scopes.public(`r${i}`));
    }
    await eventually(isSettled);
    expect(all.reduce((sum, { stats }) => sum + stats.fenced, 0)).to.equal(0);
  });
});
