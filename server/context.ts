import { openClusters, openProbe, openStore } from '../adapters/backing/open.ts';
import type { CallReport } from '../adapters/grpc/call-runner.ts';
import { serverTls } from '../adapters/grpc/certificates.ts';
import type { ServerCredentials } from '../adapters/grpc/certificates.ts';
import { startHealthServer } from '../adapters/process/health.ts';
import type { HealthServer } from '../adapters/process/health.ts';
import { createLogger } from '../adapters/process/logger.ts';
import { systemClock } from '../core/clock.ts';
import { PlatformError } from '../core/errors.ts';
import { topicNames } from '../core/placement/topics.ts';
import type { ServerConfig } from './config.ts';
import type { ServerDeps } from './deps.ts';
import { serverChecks } from './health.ts';
import { openServerMetrics } from './metrics.ts';
import type { RunningServer } from './start.ts';

export interface ServerContext {
  /** Everything but the wake-ups, which the running server sends itself. */
  readonly parts: Omit<ServerDeps, 'wake'>;
  readonly adminUrls: Readonly<Record<string, string>>;
  /** Of the gRPC service; undefined = no TLS. */
  readonly credentials: ServerCredentials | undefined;
  /** Where /healthz, /readyz and /metrics are answered, `host:port`. */
  readonly healthAddress: string;
  /** For /metrics. */
  readonly onCall: (report: CallReport) => void;
  /** Whom /readyz and /metrics are about; undefined = the service takes no calls, yet or any more. */
  setServer(server: RunningServer | undefined): void;
  /** After the server was drained. */
  close(): Promise<void>;
}

/** Builds every dependency once. */
export async function openServerContext(config: ServerConfig): Promise<ServerContext> {
  const logger = createLogger({ name: 'server', level: config.logLevel });
  const { tenant, pulsar } = config;
  const credentials = config.tls === undefined ? undefined : serverTls(config.tls, { logger });
  const topics = topicNames(tenant, config.copiesNamespaces);
  const [home] = pulsar.clusters;
  if (home === undefined) throw new PlatformError('invalid_argument', 'there is no home cluster');
  const pool = openClusters({ access: pulsar, tenant, namespaces: topics.namespaces, logger });
  const clusters = await pool.openAll(pulsar.clusters);
  const store = openStore(config.redis);
  const probe = openProbe(home, pulsar);
  const closeAll = async (): Promise<void> => {
    probe.close();
    await pool.close();
    await store.close();
  };
  let server: RunningServer | undefined;
  const metrics = openServerMetrics(() => server);
  let health: HealthServer;
  try {
    health = await startHealthServer({
      address: config.healthAddress,
      checks: serverChecks(
        store,
        () => probe.topicStats(topics.work),
        () => server !== undefined,
      ),
      metrics: () => metrics.render(),
    });
  } catch (error) {
    await closeAll();
    throw error;
  }
  const { workPartitions, statusPartitions, hostsPerPartition, maxPartitions, sharedHosts, leases } = config;
  return {
    parts: {
      store,
      clusters,
      topics,
      workPartitions,
      statusPartitions,
      limits: { hostsPerPartition, maxPartitions, sharedHosts },
      leases,
      clock: systemClock,
      logger,
    },
    credentials,
    adminUrls: Object.fromEntries(pulsar.clusters.map(({ name, adminUrl }) => [name, adminUrl])),
    healthAddress: health.address,
    onCall: metrics.onCall,
    setServer: (running) => {
      server = running;
    },
    close: async () => {
      await health.close();
      await closeAll();
    },
  };
}
