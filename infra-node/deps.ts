import type { Clock } from '../core/clock.ts';
import { MAX_PAYLOAD_BYTES } from '../core/codec/envelope.ts';
import type { Logger } from '../core/logger.ts';
import type { MessagingCluster } from '../core/messaging/port.ts';
import type { TopicNames } from '../core/placement/topics.ts';
import type { Scope, Store } from '../core/store/port.ts';
import type { FanOutOptions } from './fan-out/choice.ts';

export interface InfraOptions {
  /** Larger ranges and snapshots are sent in parts. */
  readonly maxPayloadBytes: number;
  /** Records per page of the log. */
  readonly changesPage: number;
  /** Sends of one scope that wait for the broker at a time; a large message counts as several. */
  readonly sendsInFlight: number;
  /** Copies of one page of changes above which other nodes may send some of them; 0 = never. */
  readonly splitAbove: number;
  /** Hosts of one chunk of them. */
  readonly chunkHosts: number;
  /** How long none of the chunks of a task may become done before its node does the rest alone. */
  readonly chunkPatienceMs: number;
  /** Scopes that are dispatched at a time. */
  readonly scopesInFlight: number;
  /** Scopes at hand, waiting ones included, above which no further work is taken in. */
  readonly scopesQueued: number;
  /** Members that are remembered between turns, all scopes together. */
  readonly cachedMembers: number;
  readonly sweepIntervalMs: number;
  /** Age of an announcement from which the sweep looks at the scope. */
  readonly sweepAfterMs: number;
  /** Age of an announcement from which it is forgotten if nothing is left to dispatch. */
  readonly settleAfterMs: number;
  /** A snapshot is not sent again to the same host on request within this time. */
  readonly resyncWindowMs: number;
  /** Unreported copies on a partition, shared out as windows to the hosts on it; 0 = no windows and no leases. */
  readonly windowBudget: number;
  /** When a VPC's hosts read one topic instead of getting a copy each. */
  readonly fanOut: FanOutOptions;
  /** A held host that lacks more records than this gets a snapshot when it is resumed. */
  readonly deltaRecords: number;
  /** A host that was not heard of for so long, by the lease clock, is offline. */
  readonly leaseMs: number;
  readonly offlinePollMs: number;
  /** How often to look for slots to drain. */
  readonly drainIntervalMs: number;
  /** How long a released slot may drain before its host is done without; at once if the host is offline. */
  readonly drainAfterMs: number;
  readonly slotsDrainedAtOnce: number;
  /** How often to compare what hosts hold with what they should hold. */
  readonly reconcileIntervalMs: number;
  /** Scopes that are compared per second, by one node of the region. */
  readonly reconcilePerSecond: number;
  /** How long a host may lack what it was sent, with nothing happening, before it is sent that again. */
  readonly lostTailAfterMs: number;
  /** Keeps the numbers of each VPC apart; for demonstrations, since the list only grows. */
  readonly statsPerVpc: boolean;
}

export const defaultOptions: InfraOptions = {
  maxPayloadBytes: MAX_PAYLOAD_BYTES,
  changesPage: 1_000,
  sendsInFlight: 1_000,
  splitAbove: 1_000,
  chunkHosts: 250,
  chunkPatienceMs: 3_000,
  scopesInFlight: 16,
  scopesQueued: 2_000,
  cachedMembers: 500_000,
  sweepIntervalMs: 2_000,
  sweepAfterMs: 2_000,
  settleAfterMs: 60_000,
  resyncWindowMs: 2_000,
  windowBudget: 10_000,
  fanOut: {
    hosts: 64,
    hostsPerPartition: 5_000,
    halfLifeMs: 30 * 60_000,
    longestRestMs: 100,
    costs: { copyUs: 119, readUs: 36, publishUs: 200, attachUs: 2_000 },
  },
  deltaRecords: 5_000,
  leaseMs: 30_000,
  offlinePollMs: 1_000,
  drainIntervalMs: 5_000,
  drainAfterMs: 60_000,
  slotsDrainedAtOnce: 8,
  reconcileIntervalMs: 60_000,
  reconcilePerSecond: 50,
  lostTailAfterMs: 30_000,
  statsPerVpc: false,
};

/** Moments of a dispatch, in their order; `send` comes before each message, `advanced` after the last step of a page. */
export type DispatchStep =
  'begun' | 'changes-read' | 'members-loaded' | 'snapshot-read' | 'send' | 'assign' | 'sent' | 'advanced';

export interface Hooks {
  /** Awaited; a throw ends the run as a crash at that moment would. */
  step(name: DispatchStep, scope: Scope): Promise<void>;
}

export interface InfraDeps {
  readonly store: Store;
  /** By name. The first one is home to the work topic. */
  readonly clusters: ReadonlyMap<string, MessagingCluster>;
  /** Opens a cluster that is not in `clusters`, or gives the one that it opened before. */
  readonly openCluster?: (name: string) => Promise<MessagingCluster>;
  readonly topics: TopicNames;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options?: Partial<InfraOptions>;
  /** Shown in the broker's statistics. */
  readonly name?: string;
  readonly hooks?: Hooks;
  /** A range of a log was dispatched, so long after its oldest change was committed, roughly. */
  readonly onDispatched?: (seconds: number) => void;
}
