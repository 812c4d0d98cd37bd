import { readSettings, setting, SettingsError } from '../adapters/process/env.ts';
import { logLevels } from '../adapters/process/logger.ts';
import type { LogLevel } from '../adapters/process/logger.ts';
import type { RedisNode } from '../adapters/redis/options.ts';
import { defaultOptions } from './deps.ts';
import type { InfraOptions } from './deps.ts';

export interface ClusterConfig {
  readonly name: string;
  readonly serviceUrl: string;
  readonly adminUrl: string;
}

export interface InfraConfig {
  readonly name: string | undefined;
  readonly healthAddress: string;
  readonly redis: {
    readonly url: string;
    /** Some nodes of a Redis Cluster; none = the one server of the URL. */
    readonly clusterNodes: readonly RedisNode[];
    readonly password: string | undefined;
    readonly keyPrefix: string;
  };
  /** The first one is home to the work topic; those that are not listed are found in the registry. */
  readonly pulsar: { readonly clusters: readonly ClusterConfig[]; readonly token: string | undefined };
  readonly tenant: string;
  readonly options: Partial<InfraOptions>;
  readonly graceMs: number;
  readonly readyFile: string | undefined;
  readonly logLevel: LogLevel;
}

/** The infrastructure node's settings by their names. */
export const infraSettings = {
  name: setting.optional(
    setting.text('VPCAST_NODE_NAME', {
      description: "Shown in the broker's statistics; random if not given",
    }),
  ),
  healthAddress: setting.text('VPCAST_HEALTH_ADDRESS', {
    description: 'Address of /healthz, /readyz and /metrics, host:port',
    default: '0.0.0.0:7481',
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
  maxPayloadBytes: setting.integer('VPCAST_MAX_PAYLOAD_BYTES', {
    description: 'Larger ranges and snapshots are sent in parts',
    default: defaultOptions.maxPayloadBytes,
    min: 1_000,
    max: 4_000_000,
  }),
  changesPage: setting.integer('VPCAST_CHANGES_PAGE', {
    description: 'Records that are read from a log at a time',
    default: defaultOptions.changesPage,
    min: 1,
  }),
  sendsInFlight: setting.integer('VPCAST_SENDS_IN_FLIGHT', {
    description: 'Sends of one VPC that wait for the broker at a time',
    default: defaultOptions.sendsInFlight,
    min: 1,
  }),
  scopesInFlight: setting.integer('VPCAST_SCOPES_IN_FLIGHT', {
    description: 'VPCs and hosts that are dispatched at a time',
    default: defaultOptions.scopesInFlight,
    min: 1,
  }),
  sweepIntervalMs: setting.durationMs('VPCAST_SWEEP_INTERVAL', {
    description: 'How often to look for what nobody told of',
    default: defaultOptions.sweepIntervalMs,
    min: 10,
  }),
  sweepAfterMs: setting.durationMs('VPCAST_SWEEP_AFTER', {
    description: 'How long a change may lie undispatched before the sweep takes it up',
    default: defaultOptions.sweepAfterMs,
  }),
  resyncWindowMs: setting.durationMs('VPCAST_RESYNC_WINDOW', {
    description: 'A snapshot is not sent again to the same host on request within this time',
    default: defaultOptions.resyncWindowMs,
  }),
  graceMs: setting.durationMs('VPCAST_GRACE', {
    description: 'How long running dispatches may take when the node stops',
    default: 20_000,
  }),
  readyFile: setting.optional(
    setting.text('VPCAST_READY_FILE', { description: 'Written when the node is ready' }),
  ),
  logLevel: setting.choice('VPCAST_LOG_LEVEL', {
    description: 'The least important messages that are logged',
    choices: logLevels,
    default: 'info',
  }),
};

/** Throws SettingsError with everything that is wrong, or HelpRequested. */
export function readInfraConfig(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): InfraConfig {
  const settings = readSettings(infraSettings, env, argv);
  const problems: string[] = [];
  const clusterNodes = settings.redisClusterNodes.flatMap((item) => readNode(item, problems));
  const clusters = settings.pulsarClusters.flatMap((item) => readCluster(item, problems));
  if (problems.length > 0) throw new SettingsError(problems);
  const { maxPayloadBytes, changesPage, sendsInFlight, scopesInFlight } = settings;
  const { sweepIntervalMs, sweepAfterMs, resyncWindowMs } = settings;
  const { name, healthAddress, tenant, graceMs, readyFile, logLevel } = settings;
  return {
    name,
    healthAddress,
    redis: {
      url: settings.redisUrl,
      clusterNodes,
      password: settings.redisPassword,
      keyPrefix: settings.keyPrefix,
    },
    pulsar: { clusters, token: settings.pulsarToken },
    tenant,
    options: {
      maxPayloadBytes,
      changesPage,
      sendsInFlight,
      scopesInFlight,
      sweepIntervalMs,
      sweepAfterMs,
      resyncWindowMs,
    },
    graceMs,
    readyFile,
    logLevel,
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
