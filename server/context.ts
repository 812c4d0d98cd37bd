import { startHealthServer } from '../adapters/process/health.ts';
import type { HealthServer } from '../adapters/process/health.ts';
import { createLogger } from '../adapters/process/logger.ts';
import { openPulsarCluster } from '../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../adapters/pulsar/cluster.ts';
import { openRedisStore } from '../adapters/redis/store.ts';
import { systemClock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { MessagingCluster } from '../core/messaging/port.ts';
import { topicNames } from '../core/placement/topics.ts';
import type { Store } from '../core/store/port.ts';
import type { ServerConfig } from './config.ts';
import type { ServerDeps } from './deps.ts';

export interface ServerContext {
  /** Everything but the wake-ups, which the running server sends itself. */
  readonly parts: Omit<ServerDeps, 'wake'>;
  readonly adminUrls: Readonly<Record<string, string>>;
  /** Where /healthz and /readyz are answered, `host:port`. */
  readonly healthAddress: string;
  /** The service has started: from now on /readyz depends on the store alone. */
  setReady(): void;
  /** After the server was drained. */
  close(): Promise<void>;
}

/** Builds every dependency once. */
export async function openServerContext(config: ServerConfig): Promise<ServerContext> {
  const logger = createLogger({ name: 'server', level: config.logLevel });
  const topics = topicNames(config.tenant);
  const opened: PulsarCluster[] = [];
  const closeClusters = async (): Promise<void> => {
    await Promise.all(opened.map((cluster) => cluster.close()));
  };
  const clusters = new Map<string, MessagingCluster & { readonly serviceUrl: string }>();
  const store = openStore(config, logger);
  const closeAll = async (): Promise<void> => {
    await closeClusters();
    await store.close();
  };
  let isReady = false;
  const checks = {
    redis: () => store.ping(),
    service: () => {
      if (!isReady) throw new Error('waiting for the Pulsar clusters');
    },
  };
  let health: HealthServer;
  try {
    for (const { name, serviceUrl, adminUrl } of config.pulsar.clusters) {
      const cluster = await openPulsarCluster({
        name,
        serviceUrl,
        adminUrl,
        tenant: topics.tenant,
        namespaces: topics.namespaces.map((namespace) => ({ name: namespace })),
        log: (level, message) => {
          logger[level]('pulsar client', { cluster: name, message });
        },
        ...(config.pulsar.token === undefined ? {} : { token: config.pulsar.token }),
      });
      opened.push(cluster);
      clusters.set(name, { name, serviceUrl, bus: cluster.bus, admin: cluster.admin });
    }
    health = await startHealthServer({ address: config.healthAddress, checks });
  } catch (error) {
    await closeAll();
    throw error;
  }
  const { workPartitions, statusPartitions, hostsPerPartition, maxPartitions } = config;
  return {
    parts: {
      store,
      clusters,
      topics,
      workPartitions,
      statusPartitions,
      limits: { hostsPerPartition, maxPartitions },
      clock: systemClock,
      logger,
    },
    adminUrls: Object.fromEntries(config.pulsar.clusters.map(({ name, adminUrl }) => [name, adminUrl])),
    healthAddress: withPort(config.healthAddress, health.port),
    setReady: () => {
      isReady = true;
    },
    close: async () => {
      await health.close();
      await closeAll();
    },
  };
}

function openStore({ redis }: ServerConfig, logger: Logger): Store {
  const password = redis.password === undefined ? {} : { password: redis.password };
  if (redis.clusterNodes.length > 0) {
    logger.debug('using a Redis Cluster', { nodes: redis.clusterNodes.length });
    return openRedisStore({
      nodes: redis.clusterNodes,
      cluster: true,
      keyPrefix: redis.keyPrefix,
      ...password,
    });
  }
  return openRedisStore({ url: redis.url, cluster: false, keyPrefix: redis.keyPrefix, ...password });
}

/** An address with the port that was taken where it asked for any. */
export function withPort(address: string, port: number): string {
  return `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
}
