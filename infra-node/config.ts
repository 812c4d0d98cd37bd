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
import { readSettings, setting } from '../adapters/process/env.ts';
import type { LogLevel } from '../adapters/process/logger.ts';
import { defaultOptions } from './deps.ts';
import type { InfraOptions } from './deps.ts';

export interface InfraConfig {
  readonly name: string | undefined;
  readonly healthAddress: string;
  readonly redis: RedisConfig;
  /** Clusters that are not listed are found in the registry. */
  readonly pulsar: PulsarConfig;
  readonly tenant: string;
  readonly options: Partial<InfraOptions>;
  readonly graceMs: number;
  readonly readyFile: string | undefined;
  readonly logLevel: LogLevel;
}

/** The infrastructure node's settings by their names. */
export const infraSettings = {
  ...processSettings,
  ...redisSettings,
  ...pulsarSettings,
  ...clusterSettings,
  name: setting.optional(
    setting.text('VPCAST_NODE_NAME', {
      description: "Shown in the broker's statistics; random if not given",
    }),
  ),
  healthAddress: healthSetting(7411),
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
  splitAbove: setting.integer('VPCAST_SPLIT_ABOVE', {
    description: 'Copies of one change above which other nodes may send some of them; 0 = never',
    default: defaultOptions.splitAbove,
    min: 0,
  }),
  chunkHosts: setting.integer('VPCAST_CHUNK_HOSTS', {
    description: 'Copies that are handed over to another node at a time',
    default: defaultOptions.chunkHosts,
    min: 1,
    max: 10_000,
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
  windowBudget: setting.integer('VPCAST_WINDOW_BUDGET', {
    description:
      'Unreported copies that may lie on a partition, shared by the hosts on it; 0 = no limit and no leases, for experiments',
    default: defaultOptions.windowBudget,
    min: 0,
  }),
  fanOutHosts: setting.integer('VPCAST_FAN_OUT_HOSTS', {
    description:
      'Hosts of a VPC from which they may read one topic instead of getting a copy each; 0 = never',
    default: defaultOptions.fanOut.hosts,
    min: 0,
  }),
  leaseMs: setting.durationMs('VPCAST_LEASE', {
    description: 'A host that was not heard of for so long is sent nothing until it reports again',
    default: defaultOptions.leaseMs,
    min: 1_000,
  }),
  drainIntervalMs: setting.durationMs('VPCAST_DRAIN_INTERVAL', {
    description: 'How often to look for slots that nobody empties',
    default: defaultOptions.drainIntervalMs,
    min: 10,
  }),
  drainAfterMs: setting.durationMs('VPCAST_DRAIN_AFTER', {
    description: 'How long a host may take to empty a slot that it has left; no time if it is offline',
    default: defaultOptions.drainAfterMs,
  }),
  slotsDrainedAtOnce: setting.integer('VPCAST_SLOTS_DRAINED_AT_ONCE', {
    description: 'Slots that are emptied at a time',
    default: defaultOptions.slotsDrainedAtOnce,
    min: 1,
  }),
  reconcileIntervalMs: setting.durationMs('VPCAST_RECONCILE_INTERVAL', {
    description: 'How often to compare what hosts hold with what they should hold',
    default: defaultOptions.reconcileIntervalMs,
    min: 10,
  }),
  reconcilePerSecond: setting.integer('VPCAST_RECONCILE_PER_SECOND', {
    description: 'VPCs and hosts that are compared per second',
    default: defaultOptions.reconcilePerSecond,
    min: 1,
  }),
  lostTailAfterMs: setting.durationMs('VPCAST_LOST_TAIL_AFTER', {
    description: 'A host that lacks what it was sent, with nothing happening for so long, is sent it again',
    default: defaultOptions.lostTailAfterMs,
  }),
  graceMs: setting.durationMs('VPCAST_GRACE', {
    description: 'How long running dispatches may take when the node stops',
    default: 20_000,
  }),
};

/** Throws SettingsError with everything that is wrong, or HelpRequested. */
export function readInfraConfig(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): InfraConfig {
  const settings = readSettings(infraSettings, env, argv);
  return {
    name: settings.name,
    healthAddress: settings.healthAddress,
    redis: readRedis(settings),
    pulsar: readPulsar(settings),
    tenant: settings.tenant,
    options: {
      maxPayloadBytes: settings.maxPayloadBytes,
      changesPage: settings.changesPage,
      sendsInFlight: settings.sendsInFlight,
      splitAbove: settings.splitAbove,
      chunkHosts: settings.chunkHosts,
      scopesInFlight: settings.scopesInFlight,
      sweepIntervalMs: settings.sweepIntervalMs,
      sweepAfterMs: settings.sweepAfterMs,
      resyncWindowMs: settings.resyncWindowMs,
      windowBudget: settings.windowBudget,
      fanOut: { ...defaultOptions.fanOut, hosts: settings.fanOutHosts },
      leaseMs: settings.leaseMs,
      drainIntervalMs: settings.drainIntervalMs,
      drainAfterMs: settings.drainAfterMs,
      slotsDrainedAtOnce: settings.slotsDrainedAtOnce,
      reconcileIntervalMs: settings.reconcileIntervalMs,
      reconcilePerSecond: settings.reconcilePerSecond,
      lostTailAfterMs: settings.lostTailAfterMs,
    },
    graceMs: settings.graceMs,
    readyFile: settings.readyFile,
    logLevel: settings.logLevel,
  };
}
