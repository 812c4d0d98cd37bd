import { expect } from 'chai';
import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { openControlClient } from '../../adapters/grpc/client.ts';
import { MemoryCluster } from '../../adapters/memory/bus-cluster.ts';
import { openMemoryStore } from '../../adapters/memory/store.ts';
import { controlPort } from '../../agent/context.ts';
import { systemClock } from '../../core/clock.ts';
import { PlatformError } from '../../core/errors.ts';
import { silentLogger } from '../../core/logger.ts';
import { topicNames } from '../../core/placement/topics.ts';
import { startInfraNode } from '../../infra-node/start.ts';
import type { InfraNode } from '../../infra-node/start.ts';
import { LocalAgents } from '../../local/agents.ts';
import { differences } from '../../local/compare.ts';
import { forEachOf } from '../../local/pool.ts';
import type { ServerDeps } from '../../server/deps.ts';
import { controlHandlers } from '../../server/service.ts';
import { startServer } from '../../server/start.ts';
import type { RunningServer } from '../../server/start.ts';
import { Waker } from '../../server/wake.ts';
import { inconsistencies } from '../support/consistency.ts';
import { Crash } from '../support/crash.ts';
import type { CrashPoint } from '../support/crash.ts';
import { crashCases, crashHosts } from '../support/crash-cases.ts';
import type { CrashCase } from '../support/crash-cases.ts';
import { eventually } from '../support/eventually.ts';
import { request } from '../unit/server/control-plane.ts';

const AT_ONCE = 8;
const SETTLE_MS = 60_000;

interface Trial {
  readonly id: string;
  readonly point: CrashPoint;
}

describe('a server that crashes in a call', function () {
  this.timeout(300_000);
  let skippedMs = 0;
  const store = openMemoryStore({ now: () => Date.now() + skippedMs });
  const cluster = new MemoryCluster({ name: 'main' });
  const open = () => new Map([['main', { ...cluster.openClient(), serviceUrl: 'memory' }]]);
  const topics = topicNames('crashes');
  const shared = { store, topics, clock: systemClock, logger: silentLogger };
  let server: RunningServer;
  let infraNode: InfraNode;
  let client: ControlClient;
  let agents: LocalAgents;
  let trials = 0;

  before(async () => {
    const parts = {
      ...{ ...shared, clusters: open(), workPartitions: 2, statusPartitions: 2 },
      limits: { hostsPerPartition: 1, maxPartitions: 4 },
    };
    server = await startServer(parts, { address: '127.0.0.1:0' });
    await server.prepared;
    infraNode = await startInfraNode({
      ...{ ...shared, clusters: open() },
      options: { sweepIntervalMs: 20, sweepAfterMs: 20 },
    });
    client = openControlClient({ addresses: `127.0.0.1:${server.port}`, retry: { attempts: 1 } });
    agents = new LocalAgents({
      control: controlPort(client),
      bus: cluster.openClient().bus,
      logger: silentLogger,
    });
    for (const host of crashHosts) await agents.start(host);
  });
  after(async () => {
    await agents.stopAll();
    await infraNode.drain();
    client.close();
    await server.drain(1_000);
    await cluster.close();
  });

  /** Handlers of a server of their own; only what leaves it is in the crash's hands. */
  function crashing(crash: Crash): ControlClient {
    const home = cluster.openClient();
    const bus = crash.of(home.bus);
    const waker = new Waker({ bus, topic: topics.work, partitions: 2, logger: silentLogger });
    const deps: ServerDeps = {
      ...server.deps,
      store: crash.of(store),
      clusters: new Map([['main', { name: 'main', bus, admin: crash.of(home.admin), serviceUrl: 'memory' }]]),
      wake: (scope) => {
        waker.wake(scope);
      },
    };
    const handlers = controlHandlers(deps) as unknown as Record<string, (input: object) => Promise<unknown>>;
    return new Proxy({} as ControlClient, {
      get: (_, name: string) => (input: object) => {
        const method = (name.charAt(0).toUpperCase() + name.slice(1)) as 'CreateVpc';
        return handlers[name]?.(request(method, input));
      },
    });
  }

  /** One crash at each call that the case makes, before and after it. */
  async function plan(each: CrashCase): Promise<Trial[]> {
    const id = `t${trials++}`;
    await each.prepare(client, id);
    const crash = new Crash();
    await each.call(crashing(crash), id);
    const moments = ['before', 'after'] as const;
    return crash.calls.flatMap((_, i) =>
      moments.map((moment): Trial => ({ id: `t${trials++}`, point: { call: i + 1, moment } })),
    );
  }

  /** Nothing is half there, and hosts hold what is. */
  async function whole(): Promise<void> {
    await eventually(async () => {
      expect(await differences(store, agents.running)).to.deep.equal([]);
      expect(await inconsistencies(store)).to.deep.equal([]);
    }, SETTLE_MS);
  }

  /** As the contract asks of callers: the same request again while the answer says that it may help. */
  async function repeat(each: CrashCase, id: string): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await each.call(client, id);
        return;
      } catch (error) {
        if (!PlatformError.from(error).retryable || attempt >= 5) throw error;
      }
    }
  }

  /** While time flies: turns that crashed calls had taken are void after a minute by the store's clock. */
  async function inMinutes(work: () => Promise<void>): Promise<void> {
    const timer = setInterval(() => {
      skippedMs += 61_000;
    }, 300);
    try {
      await work();
    } finally {
      clearInterval(timer);
    }
  }

  for (const each of crashCases) {
    it(`${each.name}: all of it or nothing, and all of it when it is repeated`, async () => {
      const planned = await plan(each);
      const named = new Map(
        planned.map(({ id, point }) => [id, `${id}: ${point.moment} call ${point.call}`]),
      );
      await forEachOf(planned.length, AT_ONCE, async (n) => {
        const { id, point } = planned[n]!;
        await each.prepare(client, id);
        const crash = new Crash(point);
        await Promise.race([each.call(crashing(crash), id), crash.happened]);
      });
      await whole();
      await inMinutes(() =>
        forEachOf(planned.length, AT_ONCE, async (n) => {
          const { id } = planned[n]!;
          try {
            await repeat(each, id);
            await each.check(client, id);
          } catch (error) {
            throw new Error(`${named.get(id) ?? id}: ${String(error)}`, { cause: error });
          }
        }),
      );
      await whole();
      expect(planned.length, 'the call has steps').to.be.greaterThan(4);
    });
  }
});
