import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { forEachOf } from '../../local/pool.ts';
import type { ServiceUrls } from '../../scripts/services/up.ts';
import { startChild } from '../child.ts';
import type { Child } from '../child.ts';
import { defer } from '../deferred.ts';
import type { BareNews, BareOrder } from './bare-messages.ts';
import type { BareConsumer, BareTopic } from './plan.ts';

const SUBSCRIPTION = 'bare';
const NAMESPACE = 'topics';
const TOPICS_AT_ONCE = 8;

export interface BareOptions {
  readonly dir: string;
  readonly services: ServiceUrls;
  readonly topics: readonly BareTopic[];
  readonly consumers: readonly BareConsumer[];
  readonly workers: number;
  /** All workers together. */
  readonly clients: number;
  readonly onFailure: (error: Error) => void;
}

export interface Bare {
  readonly tenant: string;
  stop(): Promise<void>;
}

/** Bare consumers in some processes; resolves when all are subscribed. */
export async function startBare(options: BareOptions): Promise<Bare> {
  const { workers, consumers } = options;
  const tenant = `bare-${randomUUID().slice(0, 8)}`;
  await makeTopics(options, tenant);
  const started = Array.from({ length: workers }, (_, n) =>
    startWorker(
      options,
      tenant,
      n,
      consumers.filter((_consumer, index) => index % workers === n),
    ),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(({ child }) => child.stop()));
  };
  try {
    await Promise.all(started.map(({ ready }) => ready));
  } catch (error) {
    await stop();
    throw error;
  }
  return { tenant, stop };
}

function startWorker(
  { dir, services, topics, workers, clients, onFailure }: BareOptions,
  tenant: string,
  n: number,
  consumers: readonly BareConsumer[],
): { child: Child<BareOrder>; ready: Promise<void> } {
  const ready = defer<undefined>();
  const fail = (error: Error): void => {
    ready.reject(error);
    onFailure(error);
  };
  const child = startChild<BareOrder, BareNews>({
    script: 'restart/bare-worker.ts',
    logFile: join(dir, `bare-${n}.log`),
    onEnd: fail,
    onMessage: (news) => {
      if (news.kind === 'started') ready.resolve(undefined);
      else fail(new Error(`bare consumers: ${news.reason}`));
    },
  });
  child.send({
    kind: 'start',
    start: {
      pulsarUrl: services.pulsarUrl,
      subscription: SUBSCRIPTION,
      clients: Math.max(1, Math.ceil(clients / workers)),
      consumers: consumers.map(({ topic, partition, slot }) => ({
        topic: `${fullName(tenant, topics[topic]!)}-partition-${partition}`,
        slot,
      })),
    },
  });
  return { child, ready: ready.promise };
}

async function makeTopics({ services, topics }: BareOptions, tenant: string): Promise<void> {
  const cluster = await openPulsarCluster({
    name: 'main',
    serviceUrl: services.pulsarUrl,
    adminUrl: services.pulsarAdminUrl,
    tenant,
    namespaces: [{ name: NAMESPACE }],
  });
  try {
    await cluster.admin.prepare();
    await forEachOf(topics.length, TOPICS_AT_ONCE, async (n) => {
      const topic = topics[n]!;
      await cluster.admin.ensureTopic(fullName(tenant, topic), topic.partitions, [SUBSCRIPTION]);
    });
  } finally {
    await cluster.close();
  }
}

function fullName(tenant: string, { name }: BareTopic): string {
  return `persistent://${tenant}/${NAMESPACE}/${name}`;
}
