import { MemoryCluster } from '../adapters/memory/bus-cluster.ts';
import { openMemoryStore } from '../adapters/memory/store.ts';
import { openPulsarCluster } from '../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../adapters/pulsar/cluster.ts';
import { openRedisStore } from '../adapters/redis/store.ts';
import type { Logger } from '../core/logger.ts';
import type { MessagingCluster } from '../core/messaging/port.ts';
import type { TopicNames } from '../core/placement/topics.ts';
import type { Store } from '../core/store/port.ts';

export type BackendChoice = 'embedded' | RealServices;

export interface RealServices {
  readonly pulsarUrl: string;
  readonly pulsarAdminUrl: string;
  readonly redisUrl: string;
  /** Some nodes of a Redis Cluster, in place of `redisUrl`. */
  readonly redisCluster?: readonly string[];
}

export type OpenedCluster = MessagingCluster & { readonly serviceUrl: string };

/** Where a platform keeps its state and sends its messages: in this process, or on a real broker and Redis. */
export interface Backend {
  readonly store: Store;
  /** Each program has a client of its own, as if it were its own process. */
  openCluster(): Promise<OpenedCluster>;
  close(): Promise<void>;
}

export function openBackend(choice: BackendChoice, topics: TopicNames, logger: Logger): Backend {
  return choice === 'embedded' ? embedded() : real(choice, topics, logger);
}

function embedded(): Backend {
  const cluster = new MemoryCluster({ name: 'main' });
  return {
    store: openMemoryStore(),
    openCluster: () => Promise.resolve(withUrl(cluster.openClient(), 'embedded')),
    close: () => cluster.close(),
  };
}

function real(urls: RealServices, topics: TopicNames, logger: Logger): Backend {
  const store = openRedis(urls, `${topics.tenant}:`);
  const opened: PulsarCluster[] = [];
  return {
    store,
    openCluster: async () => {
      const cluster = await openPulsarCluster({
        name: 'main',
        serviceUrl: urls.pulsarUrl,
        adminUrl: urls.pulsarAdminUrl,
        tenant: topics.tenant,
        namespaces: topics.namespaces,
        log: (level, message) => {
          logger[level]('pulsar client', { message });
        },
      });
      opened.push(cluster);
      return withUrl(cluster, urls.pulsarUrl);
    },
    close: async () => {
      await Promise.all(opened.map((cluster) => cluster.close()));
      await store.close();
    },
  };
}

function openRedis({ redisUrl, redisCluster }: RealServices, keyPrefix: string): Store {
  if (redisCluster === undefined) return openRedisStore({ url: redisUrl, cluster: false, keyPrefix });
  const nodes = redisCluster.map((url) => {
    const { hostname, port } = new URL(url);
    return { host: hostname, port: Number(port || 6379) };
  });
  return openRedisStore({ nodes, cluster: true, keyPrefix });
}

function withUrl({ name, bus, admin }: MessagingCluster, serviceUrl: string): OpenedCluster {
  return { name, bus, admin, serviceUrl };
}
