import { PlatformError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { NamespacePolicy, TopicStats } from '../../core/messaging/port.ts';
import type { Store } from '../../core/store/port.ts';
import { PulsarAdmin } from '../pulsar/admin.ts';
import { AdminHttp } from '../pulsar/admin-http.ts';
import { openPulsarCluster } from '../pulsar/cluster.ts';
import type { PulsarCluster } from '../pulsar/cluster.ts';
import { endpointOf } from '../redis/options.ts';
import type { RedisStoreOptions } from '../redis/options.ts';
import { openRedisStore } from '../redis/store.ts';
import type { ClusterConfig, PulsarAccess, RedisConfig } from './settings.ts';

/** It connects with the first call. */
export function openStore(redis: RedisConfig): Store {
  return openRedisStore(storeOptions(redis));
}

/** One server, a Sentinel group, or a Redis Cluster. */
export function storeOptions(redis: RedisConfig): RedisStoreOptions {
  const { url, clusterNodes, sentinels, sentinelMaster, keyPrefix } = redis;
  const inUrl = endpointOf({ url, cluster: false, keyPrefix });
  const username = redis.username ?? inUrl.username;
  const password = redis.password ?? inUrl.password;
  const shared = {
    keyPrefix,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(inUrl.tls === undefined ? {} : { tls: inUrl.tls }),
  };
  if (clusterNodes.length > 0) return { ...shared, nodes: clusterNodes, cluster: true };
  if (sentinels.length > 0) return { ...shared, nodes: sentinels, cluster: false, sentinelMaster };
  return { ...shared, url, cluster: false };
}

export interface OpenOptions {
  readonly access: PulsarAccess;
  /** For whoever prepares the cluster: what is to be made there. */
  readonly tenant?: string;
  readonly namespaces?: readonly NamespacePolicy[];
  readonly logger: Logger;
}

export type OpenCluster = PulsarCluster & { readonly serviceUrl: string };
type Opener = (cluster: ClusterConfig) => Promise<OpenCluster>;

/** Clients of clusters, each made when it is first wanted, and closed together. */
export class ClusterPool {
  readonly #open: Opener;
  readonly #clusters = new Map<string, Promise<OpenCluster>>();
  #isClosed = false;

  constructor(open: Opener) {
    this.#open = open;
  }

  /** The one that was opened under this key, or else the one that `find` tells of. */
  async open(key: string, find: () => Promise<ClusterConfig> | ClusterConfig): Promise<OpenCluster> {
    if (this.#isClosed) throw new PlatformError('cancelled', 'the clusters are closed');
    const known = this.#clusters.get(key);
    if (known !== undefined) return known;
    const opening = (async () => this.#open(await find()))();
    this.#clusters.set(key, opening);
    // What failed is tried again by the next one who asks.
    opening.catch(() => this.#clusters.delete(key));
    return opening;
  }

  /** In their order. If one fails, all of the pool are closed. */
  async openAll(configs: readonly ClusterConfig[]): Promise<ReadonlyMap<string, OpenCluster>> {
    const opened = new Map<string, OpenCluster>();
    try {
      for (const config of configs) opened.set(config.name, await this.open(config.name, () => config));
    } catch (error) {
      await this.close();
      throw error;
    }
    return opened;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const settled = await Promise.allSettled(this.#clusters.values());
    this.#clusters.clear();
    const clusters = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    await Promise.all(clusters.map((cluster) => cluster.close()));
  }
}

/** Of Pulsar clusters. */
export function openClusters({ access, tenant, namespaces = [], logger }: OpenOptions): ClusterPool {
  return new ClusterPool(async ({ name, serviceUrl, adminUrl }) => {
    const cluster = await openPulsarCluster({
      name,
      serviceUrl,
      adminUrl,
      ...(tenant === undefined ? {} : { tenant }),
      namespaces,
      log: (level, message) => {
        logger[level]('pulsar client', { cluster: name, message });
      },
      ...credentials(access),
    });
    return { ...cluster, serviceUrl };
  });
}

export interface BrokerProbe {
  /** Throws `unavailable` at the latest after the time limit: nothing is repeated here. */
  topicStats(topic: string): Promise<TopicStats>;
  close(): void;
}

/** Asks the broker about a topic that must be there: more than that the port is open, less than a message. */
export function openProbe({ adminUrl }: ClusterConfig, access: PulsarAccess, timeoutMs = 1_500): BrokerProbe {
  const http = new AdminHttp({
    adminUrl,
    requestTimeoutMs: timeoutMs,
    retryForMs: 0,
    ...credentials(access),
  });
  const admin = new PulsarAdmin(http, { tenant: '', namespaces: [] });
  return {
    topicStats: async (topic) => {
      const stats = await admin.topicStats(topic);
      if (stats === undefined) throw new PlatformError('unavailable', `${topic} is not there`);
      return stats;
    },
    close: () => {
      http.close();
    },
  };
}

function credentials({ token, caFile }: PulsarAccess): { token?: string; tlsTrustCertsFile?: string } {
  return {
    ...(token === undefined ? {} : { token }),
    ...(caFile === undefined ? {} : { tlsTrustCertsFile: caFile }),
  };
}
