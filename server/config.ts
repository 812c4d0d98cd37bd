import { readSettings, setting } from '../adapters/process/env.ts';
import type { LogLevel } from '../adapters/process/logger.ts';
import { listenAddress } from '../adapters/backing/forms.ts';
import {
  clusterSettings,
  healthSetting,
  processSettings,
  pulsarSettings,
  readPulsar,
  readRedis,
  redisSettings,
} from '../adapters/backing/settings.ts';
import type { PulsarConfig, RedisConfig } from '../adapters/backing/settings.ts';
import { readServerTls, serverTlsSettings } from '../adapters/backing/tls.ts';
import type { CertificateFiles } from '../adapters/grpc/certificates.ts';
import { defaultLeases } from './leases/options.ts';
import type { LeaseOptions } from './leases/options.ts';

export interface ServerConfig {
  readonly grpcAddress: string;
  /** Undefined = no TLS. */
  readonly tls: CertificateFiles | undefined;
  readonly healthAddress: string;
  readonly maxRequestBytes: number;
  readonly redis: RedisConfig;
  readonly pulsar: PulsarConfig;
  readonly tenant: string;
  readonly hostsPerPartition: number;
  readonly maxPartitions: number;
  readonly sharedHosts: number;
  readonly copiesNamespaces: number;
  readonly workPartitions: number;
  readonly statusPartitions: number;
  readonly leases: Pick<LeaseOptions, 'leaseMs' | 'alarmShare'>;
  readonly graceMs: number;
  readonly readyFile: string | undefined;
  readonly logLevel: LogLevel;
}

/** The server's settings by their names. */
export const serverSettings = {
  ...processSettings,
  ...redisSettings,
  ...pulsarSettings,
  ...clusterSettings,
  grpcAddress: listenAddress('VPCAST_GRPC_ADDRESS', {
    description: 'Address of the gRPC service, host:port; 0.0.0.0 lets other machines in',
    default: '127.0.0.1:7400',
  }),
  ...serverTlsSettings,
  healthAddress: healthSetting(7401),
  maxRequestBytes: setting.integer('VPCAST_MAX_REQUEST_BYTES', {
    description: 'A larger request is refused',
    default: 4 * 1024 * 1024,
    min: 1024,
  }),
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
  sharedHosts: setting.integer('VPCAST_SHARED_TOPIC_HOSTS', {
    description: 'New VPCs share topics until they have more hosts than this; 0 = each has its own topic',
    default: 0,
    min: 0,
    max: 512,
  }),
  copiesNamespaces: setting.integer('VPCAST_COPIES_NAMESPACES', {
    description: 'Namespaces that the topics of new VPCs are spread over',
    default: 1,
    min: 1,
    max: 1_000,
  }),
  workPartitions: setting.integer('VPCAST_WORK_PARTITIONS', {
    description: 'Partitions of the work topic; the same for all servers',
    default: 4,
    min: 1,
  }),
  statusPartitions: setting.integer('VPCAST_STATUS_PARTITIONS', {
    description: 'Partitions of each status topic',
    default: 4,
    min: 1,
  }),
  leaseMs: setting.durationMs('VPCAST_LEASE', {
    description: 'A host that is silent for this long is offline; the same for all programs',
    default: defaultLeases.leaseMs,
    min: 1_000,
  }),
  leaseAlarmShare: setting.fraction('VPCAST_LEASE_ALARM_SHARE', {
    description: 'No further host counts as offline while more than this share of them fell silent at once',
    default: defaultLeases.alarmShare,
  }),
  graceMs: setting.durationMs('VPCAST_GRACE', {
    description: 'How long running calls may take when the server stops',
    default: 10_000,
  }),
};

/** Throws SettingsError with everything that is wrong, or HelpRequested. */
export function readServerConfig(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): ServerConfig {
  const settings = readSettings(serverSettings, env, argv);
  return {
    grpcAddress: settings.grpcAddress,
    tls: readServerTls(settings),
    healthAddress: settings.healthAddress,
    maxRequestBytes: settings.maxRequestBytes,
    redis: readRedis(settings),
    pulsar: readPulsar(settings),
    tenant: settings.tenant,
    hostsPerPartition: settings.hostsPerPartition,
    maxPartitions: settings.maxPartitions,
    sharedHosts: settings.sharedHosts,
    copiesNamespaces: settings.copiesNamespaces,
    workPartitions: settings.workPartitions,
    statusPartitions: settings.statusPartitions,
    leases: { leaseMs: settings.leaseMs, alarmShare: settings.leaseAlarmShare },
    graceMs: settings.graceMs,
    readyFile: settings.readyFile,
    logLevel: settings.logLevel,
  };
}
