import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import { startChild } from '../child.ts';
import { defer } from '../deferred.ts';
import type { Surroundings } from '../experiment.ts';
import { commit, describeMachine } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { secondsOf } from '../processor-time.ts';
import { openServices } from '../services.ts';
import { inOrder, percentile, rounded } from '../statistics.ts';
import { UsageError } from '../usage.ts';
import type { AttachNews, AttachOrder, Kind } from './attach-messages.ts';
import type { AttachOptions } from './options.ts';

export interface AttachPoint {
  readonly count: number;
  /** Processor time of the broker for each that comes, and for each that goes, without what it does when idle. */
  readonly attach_us: number;
  readonly detach_us: number;
  /** Of the whole machine, which the clients share. */
  readonly attached_per_s: number;
}

export interface AttachFigures {
  readonly experiment: 'attach';
  readonly readers: readonly AttachPoint[];
  readonly consumers: readonly AttachPoint[];
  readonly rounds: number;
  readonly clients: number;
  readonly broker_idle_cores: number;
  readonly machine: Machine;
  readonly commit: string;
  readonly date: string;
}

const TENANT = 'attach';
/** For compiled code. */
const WARM_UP = 300;
const IDLE_MS = 5_000;
/** What is still done for those who have just come or gone belongs to them. */
const AFTERWARDS_MS = 1_000;
const HOSTS_PER_PARTITION = 500;

/** Readers of one partition, as on a fan-out lane, and sticky consumers, 500 on a partition, as for copies. */
export async function runAttach(options: AttachOptions, surroundings: Surroundings): Promise<AttachFigures> {
  const { dir, cleanup, once, phase, signal, onFailure } = surroundings;
  const services = await once('Pulsar and Redis', async () =>
    cleanup.add(await openServices(dir, {}), (opened) => opened.stop()),
  );
  const broker = services.processes.find(({ name }) => name === 'Pulsar')?.pid;
  if (broker === undefined) throw new UsageError('attach measures a broker that the bench starts');
  const { pulsarUrl: serviceUrl, pulsarAdminUrl: adminUrl } = services.urls;
  const cluster = await openPulsarCluster({
    ...{ name: 'main', serviceUrl, adminUrl, tenant: TENANT },
    namespaces: [{ name: 'topics', retentionMinutes: 10, autoSubscriptions: true }],
  });
  cleanup.add(cluster, (opened) => opened.close());
  await cluster.admin.prepare();
  const partitions = Math.ceil(Math.max(...options.sizes) / HOSTS_PER_PARTITION);
  const lanes = {
    reader: { topic: `persistent://${TENANT}/topics/read-along`, partitions: 1 },
    consumer: { topic: `persistent://${TENANT}/topics/copies`, partitions },
  };
  await cluster.admin.ensureTopic(lanes.reader.topic, 1, []);
  await cluster.admin.ensureTopic(lanes.consumer.topic, partitions, [subscriptions.hosts]);
  const ask = startClients(dir, surroundings, onFailure);
  await ask({ kind: 'start', url: serviceUrl, clients: options.clients });

  const measure = async (what: Kind, count: number): Promise<AttachPoint> => {
    const idle = await idleCores(broker, signal);
    const come = await spentOn(broker, idle, signal, () =>
      ask({ kind: 'attach', what, ...lanes[what], count }),
    );
    const go = await spentOn(broker, idle, signal, () => ask({ kind: 'detach' }));
    return {
      count,
      attach_us: (come.brokerSeconds * 1e6) / count,
      detach_us: (go.brokerSeconds * 1e6) / count,
      attached_per_s: count / come.seconds,
    };
  };
  const points: Record<Kind, AttachPoint[]> = { reader: [], consumer: [] };
  await once('warm-up', async () => {
    for (const what of ['reader', 'consumer'] as const) await measure(what, WARM_UP);
  });
  await phase('rounds', options.rounds, async (step) => {
    for (let round = 0; round < options.rounds; round++) {
      for (const count of options.sizes) {
        for (const what of ['reader', 'consumer'] as const) points[what].push(await measure(what, count));
      }
      step();
    }
  });
  return {
    experiment: 'attach',
    readers: options.sizes.map((size) => medians(points.reader, size)),
    consumers: options.sizes.map((size) => medians(points.consumer, size)),
    rounds: options.rounds,
    clients: options.clients,
    broker_idle_cores: rounded(await idleCores(broker, signal)),
    machine: await describeMachine(services.urls),
    commit: await commit(),
    date: new Date().toISOString(),
  };
}

/** Resolves when an order was carried out. */
function startClients(
  dir: string,
  { cleanup }: Pick<Surroundings, 'cleanup'>,
  onFailure: (error: Error) => void,
): (order: AttachOrder) => Promise<void> {
  let done = defer<undefined>();
  const child = cleanup.add(
    startChild<AttachOrder, AttachNews>({
      script: 'attach/attach-worker.ts',
      logFile: join(dir, 'clients.log'),
      onEnd: onFailure,
      onMessage: (news) => {
        if (news.kind === 'done') done.resolve(undefined);
        else onFailure(new Error(`clients: ${news.reason}`));
      },
    }),
    (started) => started.stop(),
  );
  return async (order) => {
    done = defer();
    child.send(order);
    await done.promise;
  };
}

async function idleCores(broker: number, signal: AbortSignal): Promise<number> {
  const before = secondsOf(broker);
  await delay(IDLE_MS, undefined, { signal });
  return (secondsOf(broker) - before) / (IDLE_MS / 1_000);
}

async function spentOn(
  broker: number,
  idle: number,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<{ brokerSeconds: number; seconds: number }> {
  const [before, beganMs] = [secondsOf(broker), performance.now()];
  await work();
  const seconds = (performance.now() - beganMs) / 1_000;
  await delay(AFTERWARDS_MS, undefined, { signal });
  const whole = (performance.now() - beganMs) / 1_000;
  return { brokerSeconds: Math.max(0, secondsOf(broker) - before - idle * whole), seconds };
}

function medians(points: readonly AttachPoint[], size: number): AttachPoint {
  const median = (of: (point: AttachPoint) => number): number =>
    rounded(percentile(inOrder(points.filter(({ count }) => count === size).map(of)), 0.5), 1);
  return {
    count: size,
    attach_us: median((point) => point.attach_us),
    detach_us: median((point) => point.detach_us),
    attached_per_s: median((point) => point.attached_per_s),
  };
}
