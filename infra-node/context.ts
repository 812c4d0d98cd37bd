import { openClusters, openProbe, openStore } from '../adapters/backing/open.ts';
import type { ClusterConfig } from '../adapters/backing/settings.ts';
import { startHealthServer } from '../adapters/process/health.ts';
import type { HealthServer } from '../adapters/process/health.ts';
import { createLogger } from '../adapters/process/logger.ts';
import { systemClock } from '../core/clock.ts';
import { decodeRecord } from '../core/codec/records.ts';
import { PlatformError } from '../core/errors.ts';
import { keys, scopes } from '../core/model/keys.ts';
import type { Cluster } from '../core/model/resources.ts';
import { topicNames } from '../core/placement/topics.ts';
import type { Store } from '../core/store/port.ts';
import type { InfraConfig } from './config.ts';
import type { InfraDeps } from './deps.ts';
import { infraChecks } from './health.ts';
import { openInfraMetrics } from './metrics.ts';
import type { InfraNode } from './start.ts';

export interface InfraContext {
  readonly deps: InfraDeps;
  /** Where /healthz, /readyz and /metrics are answered, `host:port`. */
  readonly healthAddress: string;
  /** Whom they are about, once it runs. */
  setNode(node: InfraNode): void;
  /** After the node was drained. */
  close(): Promise<void>;
}

/** Builds every dependency once; clusters besides the home cluster when something is to be sent there. */
export async function openInfraContext(config: InfraConfig): Promise<InfraContext> {
  const logger = createLogger({ name: 'infra-node', level: config.logLevel });
  const { name, tenant, options, pulsar } = config;
  const [homeConfig] = pulsar.clusters;
  if (homeConfig === undefined) throw new PlatformError('invalid_argument', 'there is no home cluster');
  const pool = openClusters({ access: pulsar, logger });
  const clusters = await pool.openAll([homeConfig]);
  const store = openStore(config.redis);
  const probe = openProbe(homeConfig, pulsar);
  const closeAll = async (): Promise<void> => {
    probe.close();
    await pool.close();
    await store.close();
  };
  const topics = topicNames(tenant);
  let node: InfraNode | undefined;
  const metrics = openInfraMetrics(() => node);
  let health: HealthServer;
  try {
    health = await startHealthServer({
      address: config.healthAddress,
      checks: infraChecks(
        store,
        async () => {
          const stats = await probe.topicStats(topics.work);
          metrics.onWorkTopic(stats);
          return stats;
        },
        () => node?.name,
      ),
      metrics: () => metrics.render(),
    });
  } catch (error) {
    await closeAll();
    throw error;
  }
  return {
    deps: {
      store,
      clusters,
      openCluster: (wanted) => pool.open(wanted, () => find(pulsar.clusters, store, wanted)),
      topics,
      clock: systemClock,
      logger,
      options,
      onDispatched: metrics.onDispatched,
      ...(name === undefined ? {} : { name }),
    },
    healthAddress: health.address,
    setNode: (running) => {
      node = running;
    },
    close: async () => {
      await health.close();
      await closeAll();
    },
  };
}

async function find(configs: readonly ClusterConfig[], store: Store, name: string): Promise<ClusterConfig> {
  const configured = configs.find((cluster) => cluster.name === name);
  if (configured !== undefined) return configured;
  const [record] = await store.read(scopes.region, [keys.cluster(name)]);
  const registered = record && decodeRecord<Cluster>(record)?.value;
  if (registered === undefined) throw new PlatformError('unavailable', `cluster ${name} is not registered`);
  return registered;
}
