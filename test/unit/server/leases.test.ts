import { expect } from 'chai';
import { silentLogger } from '../../../core/logger.ts';
import type { MessageBus } from '../../../core/messaging/port.ts';
import { subscriptions } from '../../../core/placement/topics.ts';
import { Canaries } from '../../../server/leases/canaries.ts';
import { LeaseKeeper } from '../../../server/leases/keeper.ts';
import type { LeaseCounts } from '../../../server/leases/keeper.ts';
import { defaultLeases } from '../../../server/leases/options.ts';
import { offlineAmong, offlineHosts, presences } from '../../../server/leases/presence.ts';
import { startReports } from '../../../server/reports/start.ts';
import type { Reports } from '../../../server/reports/start.ts';
import { eventually } from '../../support/eventually.ts';
import { controlPlane } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';

const { leaseMs } = defaultLeases;

/** A server as far as leases are concerned: it keeps the clock, and takes reports unless it was stopped. */
interface Server {
  readonly keeper: LeaseKeeper;
  readonly counts: LeaseCounts;
  reports: Reports | undefined;
}

describe('the lease keeper', () => {
  let plane: ControlPlane;
  let nowMs: number;
  let servers: Server[];
  beforeEach(async () => {
    plane = await controlPlane();
    nowMs = 0;
    servers = [];
  });
  afterEach(async () => {
    for (const { reports } of servers) await reports?.drain();
  });

  async function startServer(bus?: MessageBus): Promise<Server> {
    const clusters = [...plane.deps.clusters.values()];
    const deps =
      bus === undefined
        ? plane.deps
        : { ...plane.deps, clusters: new Map(clusters.map((each) => [each.name, { ...each, bus }])) };
    const reports = startReports(deps);
    await reports.joined;
    const counts: LeaseCounts = { leaseAlarms: 0, leaseStops: 0, reopened: 0, clockSetBack: 0 };
    const monotonic = () => nowMs;
    const { store, topics, statusPartitions: partitions } = plane.deps;
    const shared = { store, monotonic, logger: silentLogger };
    const canaries = new Canaries({ ...shared, clusters, topic: topics.status, partitions });
    const keeper = new LeaseKeeper({
      ...{ ...shared, canaries, counts },
      options: defaultLeases,
      reopen: (cluster) => {
        reports.reopen(cluster);
      },
    });
    const server = { keeper, counts, reports };
    servers.push(server);
    return server;
  }

  /** Every canary that somebody takes is noted. */
  const caughtUp = () =>
    eventually(async () => {
      const stats = await plane.clusters[0]?.admin.topicStats(plane.deps.topics.status);
      expect(stats?.subscriptions[subscriptions.control]?.backlog).to.equal(0);
    });
  /** Seconds go by; the servers step at different moments of each. */
  async function pass(seconds: number, taken: () => Promise<void> = caughtUp): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      const restMs = 1_000 / servers.length;
      for (const { keeper } of servers) {
        nowMs += restMs;
        await keeper.step();
      }
      await taken();
    }
  }
  const notTaken = () => Promise.resolve();
  const clock = () => plane.store.leaseClock();

  it('lets the clock run with time', async () => {
    const { keeper } = await startServer();
    await pass(4);
    expect(keeper.state).to.equal('running');
    const before = await clock();
    await pass(20);
    expect((await clock()) - before).to.equal(20_000);
  });

  it('is one of all servers, and another when that one ends', async () => {
    const [first, second] = [await startServer(), await startServer()];
    await pass(5);
    const before = await clock();
    await pass(20);
    expect((await clock()) - before).to.equal(20_000);
    const leader = [first, second].find(({ keeper }) => keeper.state === 'running');
    expect([first, second].map(({ keeper }) => keeper.state)).to.have.members(['running', 'following']);
    await leader?.reports?.drain();
    servers = servers.filter((server) => server !== leader);
    await pass(5);
    const [rest] = servers;
    expect(rest?.keeper.state).to.equal('running');
    const taken = await clock();
    await pass(10);
    expect((await clock()) - taken).to.equal(10_000);
  });

  it('notes that the clock went back, and goes on from there', async () => {
    const { keeper, counts } = await startServer();
    await pass(5);
    const { store } = plane.deps;
    const lostMs = 3_000;
    const before = await clock();
    const leaseClock = store.leaseClock.bind(store);
    const advanceLeaseClock = store.advanceLeaseClock.bind(store);
    store.leaseClock = async () => (await leaseClock()) - lostMs;
    store.advanceLeaseClock = async (seenMs, byMs) =>
      (await advanceLeaseClock(seenMs + lostMs, byMs)) - lostMs;
    await pass(1);
    expect([keeper.state, counts.clockSetBack]).to.deep.equal(['following', 1]);
    await pass(5);
    expect([keeper.state, counts.clockSetBack]).to.deep.equal(['running', 1]);
    expect(await clock()).to.be.within(before - lostMs + 3_000, before - lostMs + 5_000);
  });

  it('never counts a pause of the server for more than two steps', async () => {
    const { keeper } = await startServer();
    await pass(5);
    const before = await clock();
    nowMs += 2_500;
    await keeper.step();
    expect((await clock()) - before).to.equal(2_000);
  });

  it('lets it stand while reports are not consumed, and run again', async () => {
    const server = await startServer();
    await pass(5);
    await server.reports?.drain();
    await pass(5, notTaken);
    expect(server.keeper.state).to.equal('not-consuming');
    const stopped = await clock();
    await pass(60, notTaken);
    expect(await clock()).to.equal(stopped);
    expect(server.counts.leaseStops).to.equal(1);
    server.reports = startReports(plane.deps);
    await server.reports.joined;
    await caughtUp();
    await pass(3);
    expect(server.keeper.state).to.equal('running');
    expect((await clock()) - stopped).to.be.within(1_000, 3_000);
  });

  it('lets it stand while one partition of one cluster is not consumed', async () => {
    const server = await startServer();
    await pass(5);
    const { bus } = plane.clusters[0]!;
    const sendByKey = bus.sendByKey.bind(bus);
    let isAway = true;
    bus.sendByKey = (topic, partitions, key, message) =>
      isAway && message.properties['canary']?.startsWith('home/1/') === true
        ? new Promise(() => undefined)
        : sendByKey(topic, partitions, key, message);
    await pass(6);
    const stopped = await clock();
    await pass(10);
    expect(await clock()).to.equal(stopped);
    expect(server.keeper.state).to.equal('not-consuming');
    isAway = false;
  });

  it('ends the lease of a host that is silent, and not of one that reports', async () => {
    await startServer();
    await pass(4);
    await plane.store.hear(['silent', 'talker'], await clock());
    for (let second = 0; second < 32; second++) {
      await plane.store.hear(['talker'], await clock());
      await pass(1);
    }
    expect(await offlineHosts(plane.deps)).to.deep.equal(['silent']);
    expect([...(await offlineAmong(plane.deps, ['silent', 'talker', 'unknown']))]).to.deep.equal(['silent']);
    expect(await presences(plane.deps, ['silent', 'talker', 'unknown'])).to.deep.equal([
      { silentMs: 32_000, isOffline: true },
      { silentMs: 1_000, isOffline: false },
      { silentMs: undefined, isOffline: false },
    ]);
  });

  describe('when many hosts fall silent at once', () => {
    const hosts = (count: number, name: string) => Array.from({ length: count }, (_, n) => `${name}-${n}`);
    /** Half a minute and more, in which `alive` go on reporting. */
    async function silence(alive: readonly string[], seconds = 45): Promise<void> {
      for (let second = 0; second < seconds; second++) {
        await plane.store.hear(alive, await clock());
        await pass(1);
      }
    }

    it('ends no further lease, until enough of them are back', async () => {
      const { keeper, counts } = await startServer();
      await pass(4);
      const [alive, dead] = [hosts(300, 'alive'), hosts(40, 'dead')];
      await plane.store.hear([...alive, ...dead], await clock());
      await silence(alive);
      expect(keeper.state).to.equal('alarm');
      const stopped = await clock();
      await silence(alive.slice(0, 1), 60);
      expect(await clock(), 'the others may be silent for as long as they like').to.equal(stopped);
      expect(await offlineHosts(plane.deps)).to.have.length(40);
      expect(counts.leaseAlarms).to.equal(1);
      await silence([...alive, ...dead.slice(0, 10)], 3);
      expect(keeper.state).to.equal('running');
    });

    it('ends the leases of a few, and of a share that is no larger than allowed', async () => {
      const { keeper } = await startServer();
      await pass(4);
      await plane.store.hear([...hosts(5, 'alive'), ...hosts(20, 'dead')], await clock());
      await silence(hosts(5, 'alive'));
      expect(keeper.state, '20 of 25').to.equal('running');
      await plane.store.hear([...hosts(500, 'alive'), ...hosts(30, 'more')], await clock());
      await silence(hosts(500, 'alive'));
      expect(keeper.state, '50 of 550').to.equal('running');
      expect(await offlineHosts(plane.deps)).to.have.length(50);
    });

    it('does not count those that it has long got used to', async () => {
      const { keeper } = await startServer();
      await pass(4);
      await plane.store.hear(hosts(100, 'gone'), await clock());
      await plane.store.advanceLeaseClock(await clock(), 600_000 + leaseMs + 10_000);
      await pass(2);
      await plane.store.hear(hosts(30, 'alive'), await clock());
      await silence(hosts(30, 'alive'));
      expect(keeper.state).to.equal('running');
    });
  });

  it('opens a subscription anew that delivers nothing', async () => {
    // Until it is opened anew, what is delivered to this consumer does not arrive.
    const { bus } = plane.clusters[0]!;
    let opened = 0;
    const deaf: MessageBus = Object.assign(Object.create(bus) as MessageBus, {
      subscribeGroup: (options: Parameters<MessageBus['subscribeGroup']>[0]) => {
        const isDeaf = opened++ === 0;
        return bus.subscribeGroup(isDeaf ? { ...options, handler: () => Promise.resolve() } : options);
      },
    });
    const server = await startServer(deaf);
    await pass(14, notTaken);
    expect(opened).to.equal(1);
    await pass(3, notTaken);
    await eventually(() => {
      expect(opened).to.equal(2);
    });
    expect(server.counts.reopened).to.equal(1);
    await caughtUp();
    await pass(3);
    expect(server.keeper.state).to.equal('running');
    await pass(30);
    expect(server.counts.reopened).to.equal(1);
  });
});
