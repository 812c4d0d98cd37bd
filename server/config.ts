import { logLevels } from '../adapters/process/logger.ts';
import type { LogLevel } from '../adapters/process/logger.ts';
import { readSettings, setting, SettingsError } from '../adapters/process/env.ts';
import type { RedisNode } from '../adapters/redis/options.ts';

export interface ClusterConfig {
  readonly name: string;
  readonly serviceUrl: string;
  readonly adminUrl: string;
}

export interface ServerConfig {
  readonly grpcAddress: string;
  readonly healthAddress: string;
  readonly maxRequestBytes: number;
  readonly redis: {
    readonly url: string;
    /** Some nodes of a Redis Cluster; none = the one server of the URL. */
    readonly clusterNodes: readonly RedisNode[];
    readonly password: string | undefined;
    readonly keyPrefix: string;
  };
  readonly pulsar: { readonly clusters: readonly ClusterConfig[]; readonly token: string | undefined };
  readonly tenant: string;
  readonly hostsPerPartition: number;
  readonly maxPartitions: number;
  readonly workPartitions: number;
  readonly statusPartitions: number;
  readonly graceMs: number;
  readonly readyFile: string | undefined;
  readonly logLevel: LogLevel;
}

/** The server's settings by their names. */
export const serverSettings = {
  grpcAddress: setting.text('VPCAST_GRPC_ADDRESS', {
    description: 'Address of the gRPC service, host:port',
    default: '0.0.0.0:7470',
  }),
  healthAddress: setting.text('VPCAST_HEALTH_ADDRESS', {
    description: 'Address of /healthz, /readyz and /metrics, host:port',
    default: '0.0.0.0:7480',
  }),
  maxRequestBytes: setting.integer('VPCAST_MAX_REQUEST_BYTES', {
    description: 'A larger request is refused',
    default: 4 * 1024 * 1024,
    min: 1024,
  }),
  redisUrl: setting.url('VPCAST_REDIS_URL', {
    description: 'The Redis server; not used when cluster nodes are given',
    schemes: ['redis', 'rediss'],
    default: 'redis://127.0.0.1:6379',
  }),
  redisClusterNodes: setting.list('VPCAST_REDIS_CLUSTER_NODES', {
    description: 'Some nodes of a Redis Cluster, host:port',
    default: [],
  }),
  redisPassword: setting.optional(
    setting.secret('VPCAST_REDIS_PASSWORD', { description: 'Overrides the password in the URL' }),
  ),
  keyPrefix: setting.text('VPCAST_KEY_PREFIX', {
    description: 'In front of every key in Redis',
    default: 'vpcast:',
  }),
  pulsarClusters: setting.list('VPCAST_PULSAR_CLUSTERS', {
    description: 'Clusters as name=serviceUrl|adminUrl; the first one is home to the work topic',
    default: ['main=pulsar://127.0.0.1:6650|http://127.0.0.1:8080'],
  }),
  pulsarToken: setting.optional(
    setting.secret('VPCAST_PULSAR_TOKEN', { description: 'For every cluster, and for its admin API' }),
  ),
  tenant: setting.text('VPCAST_TENANT', { description: 'Pulsar tenant of all topics', default: 'vpcast' }),
  hostsPerPartition: setting.integer('VPCAST_HOSTS_PER_PARTITION', {
    description: 'Hosts that a partition is made for',
    default: 500,
    min: 1,
    max: 32_000,
  }),
  maxPartitions: setting.integer('VPCAST_MAX_PARTITIONS', {
    description: 'Partitions that a topic may grow to',
    default: 64,
    min: 1,
    max: 4096,
  }),
  workPartitions: setting.integer('VPCAST_WORK_PARTITIONS', {
    description: 'Partitions of the work topic; the same for all programs',
    default: 4,
    min: 1,
  }),
  statusPartitions: setting.integer('VPCAST_STATUS_PARTITIONS', {
    description: 'Partitions of each status topic',
    default: 4,
    min: 1,
  }),
  graceMs: setting.durationMs('VPCAST_GRACE', {
    description: 'How long running calls may take when the server stops',
    default: 10_000,
  }),
  readyFile: setting.optional(
    setting.text('VPCAST_READY_FILE', { description: 'Written when the server is ready' }),
  ),
  logLevel: setting.choice('VPCAST_LOG_LEVEL', {
    description: 'The least important messages that are logged',
    choices: logLevels,
    default: 'info',
  }),
};

/** Throws SettingsError with everything that is wrong, or HelpRequested. */
export function readServerConfig(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): ServerConfig {
  const { redisUrl, redisClusterNodes, redisPassword, keyPrefix, pulsarClusters, pulsarToken, ...settings } =
    readSettings(serverSettings, env, argv);
  const problems: string[] = [];
  const clusterNodes = redisClusterNodes.flatMap((item) => readNode(item, problems));
  const clusters = pulsarClusters.flatMap((item) => readCluster(item, problems));
  const names = clusters.map(({ name }) => name);
  if (new Set(names).size < names.length) problems.push('VPCAST_PULSAR_CLUSTERS has a name twice');
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    ...settings,
    redis: { url: redisUrl, clusterNodes, password: redisPassword, keyPrefix },
    pulsar: { clusters, token: pulsarToken },
  };
}

function readNode(item: string, problems: string[]): RedisNode[] {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(item) ?? [];
  if (host !== undefined) return [{ host: host.replace(/^\[|\]$/g, ''), port: Number(port) }];
  problems.push('VPCAST_REDIS_CLUSTER_NODES must have items of the form host:port');
  return [];
}

function readCluster(item: string, problems: string[]): ClusterConfig[] {
  const pattern = /^([A-Za-z0-9._-]{1,64})=(pulsar(?:\+ssl)?:\/\/[^\s|]+)\|(https?:\/\/[^\s|]+)$/;
  const [, name, serviceUrl, adminUrl] = pattern.exec(item) ?? [];
  if (name !== undefined && serviceUrl !== undefined && adminUrl !== undefined) {
    return [{ name, serviceUrl, adminUrl }];
  }
  problems.push(
    'VPCAST_PULSAR_CLUSTERS must have items of the form name=pulsar://host:port|http://host:port',
  );
  return [];
}
