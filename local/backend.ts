import { MemoryCluster } from '../adapters/memory/bus-cluster.ts';
import { openMemoryStore } from '../adapters/memory/store.ts';
import { openPulsarCluster } from '../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../adapters/pulsar/cluster.ts';
import { openRedisStore } from '../adapters/redis/store.ts';
import type { Logger } from '../core/logger.ts';
import type { MessagingCluster } from '../core/messaging/port.ts';
import type { TopicNames } from '../core/placement/topics.ts';
import type { Store } from '../core/store/port.ts';

export type BackendChoice = 'embedded' | EmbeddedClusters | RealServices;

/** Several Pulsar clusters, by name; the first is the home cluster. */
export interface EmbeddedClusters {
  readonly embedded: readonly [string, ...string[]];
}

export interface RealServices {
  readonly pulsarUrl: string;
  readonly pulsarAdminUrl: string;
  readonly redisUrl: string;
  /** Some nodes of a Redis Cluster, in place of `redisUrl`. */
  readonly redisCluster?: readonly string[];
  /** Further Pulsar clusters, by name. The first one is called `main`. */
  readonly furtherPulsars?: Readonly<Record<string, Pick<RealServices, 'pulsarUrl' | 'pulsarAdminUrl'>>>;
}

export type OpenedCluster = MessagingCluster & { readonly serviceUrl: string };

/** Where a platform keeps its state and sends its messages: in this process, or on a real broker and Redis. */
export interface Backend {
  readonly store: Store;
  /** Each program has a client of its own, as if it were its own process. Default: of the home cluster. */
  openCluster(name?: string): Promise<OpenedCluster>;
  /** Of all clusters, by name, the home cluster first. */
  openClusters(): Promise<Map<string, OpenedCluster>>;
  close(): Promise<void>;
}

export function openBackend(choice: BackendChoice, topics: TopicNames, logger: Logger): Backend {
  if (choice === 'embedded') return embedded(['main']);
  return 'embedded' in choice ? embedded(choice.embedded) : real(choice, topics, logger);
}

function embedded(names: EmbeddedClusters['embedded']): Backend {
  const clusters = new Map(names.map((name) => [name, new MemoryCluster({ name })]));
  const openCluster = (name: string = names[0]): Promise<OpenedCluster> => {
    const cluster = clusters.get(name);
    if (cluster === undefined) throw new Error(`there is no cluster ${name}`);
    return Promise.resolve(withUrl(cluster.openClient(), `embedded:${name}`));
  };
  return {
    store: openMemoryStore(),
    openCluster,
    openClusters: () => openEach(names, openCluster),
    close: async () => {
      await Promise.all([...clusters.values()].map((cluster) => cluster.close()));
    },
  };
}

async function openEach(
  names: readonly string[],
  open: (name: string) => Promise<OpenedCluster>,
): Promise<Map<string, OpenedCluster>> {
  const opened = await Promise.all(names.map(open));
  return new Map(opened.map((cluster) => [cluster.name, cluster]));
}

function real(urls: RealServices, topics: TopicNames, logger: Logger): Backend {
  const store = openRedis(urls, `${topics.tenant}:`);
  const opened: PulsarCluster[] = [];
  const places = new Map(Object.entries({ main: urls, ...urls.furtherPulsars }));
  const openCluster = async (name = 'main'): Promise<OpenedCluster> => {
    const { pulsarUrl, pulsarAdminUrl } = places.get(name) ?? urls;
    const cluster = await openPulsarCluster({
      name,
      serviceUrl: pulsarUrl,
      adminUrl: pulsarAdminUrl,
      tenant: topics.tenant,
      namespaces: topics.namespaces,
      log: (level, message) => {
        logger[level]('pulsar client', { message });
      },
    });
    opened.push(cluster);
    return withUrl(cluster, pulsarUrl);
  };
  return {
    store,
    openCluster,
    openClusters: () => openEach([...places.keys()], openCluster),
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
