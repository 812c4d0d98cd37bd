import { createLogger } from '../adapters/process/logger.ts';
import { openPulsarCluster } from '../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../adapters/pulsar/cluster.ts';
import { openRedisStore } from '../adapters/redis/store.ts';
import { systemClock } from '../core/clock.ts';
import { decodeRecord } from '../core/codec/records.ts';
import { PlatformError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { keys, scopes } from '../core/model/keys.ts';
import type { Cluster } from '../core/model/resources.ts';
import { topicNames } from '../core/placement/topics.ts';
import type { Store } from '../core/store/port.ts';
import type { ClusterConfig, InfraConfig } from './config.ts';
import type { InfraDeps } from './deps.ts';

export interface InfraContext {
  readonly deps: InfraDeps;
  /** After the node was drained. */
  close(): Promise<void>;
}

/** Builds every dependency once; clusters besides the home cluster when something is to be sent there. */
export async function openInfraContext(config: InfraConfig): Promise<InfraContext> {
  const logger = createLogger({ name: 'infra-node', level: config.logLevel });
  const [homeConfig] = config.pulsar.clusters;
  if (homeConfig === undefined) throw new PlatformError('invalid_argument', 'there is no home cluster');
  const home = await openCluster(config, homeConfig, logger);
  const store = openStore(config);
  const others = new Map<string, Promise<PulsarCluster>>();
  const { name, tenant, options } = config;
  return {
    deps: {
      store,
      clusters: new Map([[home.name, home]]),
      openCluster: (wanted) => {
        const known = others.get(wanted);
        if (known !== undefined) return known;
        const opening = find(config, store, wanted).then((found) => openCluster(config, found, logger));
        others.set(wanted, opening);
        // What failed is tried again by the next one who asks.
        opening.catch(() => others.delete(wanted));
        return opening;
      },
      topics: topicNames(tenant),
      clock: systemClock,
      logger,
      options,
      ...(name === undefined ? {} : { name }),
    },
    close: async () => {
      const opened = await Promise.allSettled(others.values());
      const clusters = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      await Promise.all([home, ...clusters].map((cluster) => cluster.close()));
      await store.close();
    },
  };
}

async function find({ pulsar }: InfraConfig, store: Store, name: string): Promise<ClusterConfig> {
  const configured = pulsar.clusters.find((cluster) => cluster.name === name);
  if (configured !== undefined) return configured;
  const [record] = await store.read(scopes.region, [keys.cluster(name)]);
  const registered = record && decodeRecord<Cluster>(record)?.value;
  if (registered === undefined) throw new PlatformError('unavailable', `cluster ${name} is not registered`);
  return registered;
}

function openCluster(
  { tenant, pulsar }: InfraConfig,
  { name, serviceUrl, adminUrl }: ClusterConfig,
  logger: Logger,
): Promise<PulsarCluster> {
  return openPulsarCluster({
    name,
    serviceUrl,
    adminUrl,
    tenant,
    log: (level, message) => {
      logger[level]('pulsar client', { cluster: name, message });
    },
    ...(pulsar.token === undefined ? {} : { token: pulsar.token }),
  });
}

function openStore({ redis }: InfraConfig): Store {
  const { url, clusterNodes, keyPrefix } = redis;
  return openRedisStore({
    ...(clusterNodes.length > 0 ? { nodes: clusterNodes, cluster: true } : { url, cluster: false }),
    keyPrefix,
    ...(redis.password === undefined ? {} : { password: redis.password }),
  });
}
