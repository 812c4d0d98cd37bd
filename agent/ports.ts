import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { MessageBus } from '../core/messaging/port.ts';
import type { Scope } from '../core/store/port.ts';
import type { Entry } from '../core/model/view.ts';
import type { DataPlane } from './data-plane.ts';
import type { JournalFactory } from './journal/journal.ts';
import type { Registration } from './registration.ts';

/** Who this host is; what the control service is told at each start. */
export interface HostIdentity {
  readonly id: string;
  readonly name: string;
  /** Tunnel endpoint. */
  readonly vtepIp: string;
  readonly macAddress: string;
  readonly zone: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Kinds of public resource that the host helps to serve. */
  readonly serves: readonly string[];
  readonly agentVersion: string;
}

export interface RegisterRequest {
  readonly host: HostIdentity;
  /** Wish for the first time; '' = none. */
  readonly cluster: string;
}

export interface ControlPort {
  registerHost(request: RegisterRequest, signal: AbortSignal): Promise<Registration>;
}

/** Runs `call` once after `ms`; the result calls it off. */
export type After = (ms: number, call: () => void) => () => void;

export interface AgentDeps {
  readonly control: ControlPort;
  /** Called whenever a cluster is needed: buses are shared between agents and closed by whoever made them. */
  openCluster(name: string, serviceUrl: string): MessageBus | Promise<MessageBus>;
  readonly openJournal: JournalFactory;
  readonly dataPlane: DataPlane;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: setTimeout. */
  readonly after?: After;
}

export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

export interface AgentEvents {
  /** What changed is applied and durable; `revision` is that of the whole scope. */
  onApplied?(scope: Scope, revision: number, changed: readonly Entry[]): void;
  /** Something new is applied and durable, so many seconds after it was committed and after it was sent here. */
  readonly onDelay?: (seconds: { readonly sinceCommit: number; readonly sinceSent: number }) => void;
}

export interface AgentOptions {
  readonly host: HostIdentity;
  /** Wish for the host's lane at its first registration; default none. */
  readonly cluster?: string;
  /** Pause between reports when there is nothing to say; default 10,000. */
  readonly heartbeatMs?: number;
  /** Least time between reports that somebody waits for; default 20. */
  readonly reportWindowMs?: number;
  /** Least time between all others, so that they go together; default 1,000. */
  readonly reportCoalesceMs?: number;
  /** How long a join's snapshot, or a leave's fence, may be under way before it is asked for; default 5,000. */
  readonly snapshotGraceMs?: number;
  /** How long an assignment that the host's own records lack may wait for its record; default 30,000. */
  readonly confirmGraceMs?: number;
  /** Between repeats of a report that has had no effect yet; defaults 2,000 and 60,000. */
  readonly repeat?: Backoff;
  /** Between attempts to register, to subscribe, to send a report; defaults 50 and 5,000. */
  readonly retry?: Backoff;
  readonly events?: AgentEvents;
}

/** What an agent counts since its start. */
export const agentCounters = {
  applied: 'Messages that changed what is held.',
  stale: 'Messages with nothing new.',
  foreign: 'Messages for somebody else.',
  gaps: 'Messages before which another one is missing.',
  snapshots: 'Complete snapshots that were taken over.',
  poison: 'Messages that could not be understood.',
  fences: 'Fences: VPCs that were left.',
  reports: 'Reports that the broker took.',
} as const;

export type Counters = Record<keyof typeof agentCounters, number>;

export function newCounters(): Counters {
  return { applied: 0, stale: 0, foreign: 0, gaps: 0, snapshots: 0, poison: 0, fences: 0, reports: 0 };
}
