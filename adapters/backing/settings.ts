// Settings that several programs have, by the names their code uses. Each program's schema spreads what it needs.
import { setting, SettingsError } from '../process/env.ts';
import type { Setting, Settings } from '../process/env.ts';
import { logLevels } from '../process/logger.ts';
import { endpointOf } from '../redis/options.ts';
import type { RedisNode } from '../redis/options.ts';
import { clusters, formed, listenAddress, nodes, readableFile, redisUrl } from './forms.ts';
import type { ClusterConfig } from './forms.ts';

export type { ClusterConfig } from './forms.ts';

export interface RedisConfig {
  /** Its credentials and its TLS hold for cluster nodes and for the master of the Sentinels too. */
  readonly url: string;
  /** Some nodes of a Redis Cluster; none = no cluster. */
  readonly clusterNodes: readonly RedisNode[];
  /** None = no Sentinels. */
  readonly sentinels: readonly RedisNode[];
  readonly sentinelMaster: string;
  /** These two instead of those in the URL. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly keyPrefix: string;
}

/** What every client of a Pulsar cluster needs, whichever cluster it is. */
export interface PulsarAccess {
  readonly token: string | undefined;
  readonly caFile: string | undefined;
}

export interface PulsarConfig extends PulsarAccess {
  /** The first one is home to the work topic. */
  readonly clusters: readonly ClusterConfig[];
}

export const processSettings = {
  readyFile: setting.optional(
    setting.text('VPCAST_READY_FILE', {
      description: 'Written with the endpoints when the program runs, removed when it stops',
    }),
  ),
  logLevel: setting.choice('VPCAST_LOG_LEVEL', {
    description: 'The least important messages that are logged',
    choices: logLevels,
    default: 'info',
  }),
};

/** Each program has a port of its own, so that they can run beside each other. */
export function healthSetting(port: number): Setting<string> {
  return listenAddress('VPCAST_HEALTH_ADDRESS', {
    description:
      'Address of /healthz, /readyz and /metrics, host:port; 0.0.0.0 lets other machines in (customary: server 7401, infrastructure node 7411, agent 7421)',
    default: `127.0.0.1:${port}`,
  });
}

export const redisSettings = {
  redisUrl: redisUrl('VPCAST_REDIS_URL', {
    description:
      'The Redis server; with cluster nodes or Sentinels only its credentials count, and rediss:// (TLS; NODE_EXTRA_CA_CERTS adds authorities)',
    default: 'redis://127.0.0.1:6379',
  }),
  redisClusterNodes: nodes('VPCAST_REDIS_CLUSTER_NODES', {
    description: 'Some nodes of a Redis Cluster, host:port',
    default: [],
  }),
  redisSentinels: nodes('VPCAST_REDIS_SENTINELS', {
    description: 'The Sentinels that know the Redis server, host:port; without TLS',
    default: [],
  }),
  redisSentinelMaster: setting.text('VPCAST_REDIS_SENTINEL_MASTER', {
    description: 'Name of the master that the Sentinels watch',
    default: 'mymaster',
  }),
  redisUsername: setting.optional(
    setting.text('VPCAST_REDIS_USERNAME', { description: 'Overrides the user in the URL' }),
  ),
  redisPassword: setting.optional(
    setting.secret('VPCAST_REDIS_PASSWORD', { description: 'Overrides the password in the URL' }),
  ),
  keyPrefix: formed(
    setting.text('VPCAST_KEY_PREFIX', {
      description: 'In front of every key in Redis; the same for all programs',
      default: 'vpcast:',
    }),
    'text without braces',
    (prefix) => (/[{}]/.test(prefix) ? undefined : prefix),
  ),
};

export const pulsarSettings = {
  pulsarToken: setting.optional(
    setting.secret('VPCAST_PULSAR_TOKEN', { description: 'For every cluster, and for its admin API' }),
  ),
  pulsarCaFile: setting.optional(
    readableFile('VPCAST_PULSAR_CA_FILE', {
      description: 'Certificates (PEM) that pulsar+ssl:// and https:// are checked against',
    }),
  ),
};

/** The agent does without: the control service names it clusters and topics. */
export const clusterSettings = {
  tenant: setting.text('VPCAST_TENANT', { description: 'Pulsar tenant of all topics', default: 'vpcast' }),
  pulsarClusters: clusters('VPCAST_PULSAR_CLUSTERS', {
    description: 'Clusters as name=serviceUrl|adminUrl; the first one is home to the work topic',
    default: ['main=pulsar://127.0.0.1:6650|http://127.0.0.1:8080'],
  }),
};

/** Throws SettingsError for settings that are well-formed each, but not together. */
export function readRedis(settings: Settings<typeof redisSettings>): RedisConfig {
  const { redisUrl: url, redisClusterNodes: clusterNodes, redisSentinels: sentinels } = settings;
  const { database, tls } = endpointOf({ url, cluster: false, keyPrefix: '' });
  const problems: string[] = [];
  if (clusterNodes.length > 0 && sentinels.length > 0) {
    problems.push('VPCAST_REDIS_CLUSTER_NODES and VPCAST_REDIS_SENTINELS exclude each other');
  }
  if (clusterNodes.length + sentinels.length > 0 && database !== 0) {
    problems.push('VPCAST_REDIS_URL must name no database with cluster nodes or Sentinels');
  }
  // The client would ask the Sentinels, then talk to the master without TLS, password and all.
  if (sentinels.length > 0 && tls !== undefined) {
    problems.push('VPCAST_REDIS_URL must not be rediss:// with Sentinels');
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    url,
    clusterNodes,
    sentinels,
    sentinelMaster: settings.redisSentinelMaster,
    username: settings.redisUsername,
    password: settings.redisPassword,
    keyPrefix: settings.keyPrefix,
  };
}

export function readPulsar(settings: Settings<typeof pulsarSettings & typeof clusterSettings>): PulsarConfig {
  const { pulsarClusters, pulsarToken, pulsarCaFile } = settings;
  return { clusters: pulsarClusters, token: pulsarToken, caFile: pulsarCaFile };
}
