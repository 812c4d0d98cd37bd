import type { Received } from './multicast/messages.ts';
import type { CopiesTally } from './partial/seen-copies.ts';

/** What a process of agents and the bench say to each other. Times are `nowMs()`. */

export interface BenchHost {
  readonly id: string;
  readonly vtepIp: string;
}

export interface AgentsStart {
  /** `host:port` of the control service. */
  readonly control: string;
  readonly hosts: readonly BenchHost[];
  /** Pulsar clients, each with a connection, that the agents of the process share. */
  readonly clients: number;
  /** Where each agent has its journal; undefined = in memory. */
  readonly stateDirectory: string | undefined;
  readonly watch: Watch;
  /** Undefined = as an agent does by default. */
  readonly heartbeatMs: number | undefined;
}

/**
 * What a process of agents tells as it happens: ports that became durable where they are bound, each host's progress,
 * how many hosts have what was sent to all, or how many copies came in.
 */
export type Watch = 'ports' | 'revisions' | 'multicasts' | 'copies';

/** A port that is bound is durable on the host it is bound on. */
export interface AppliedPort {
  readonly hostId: string;
  readonly portId: string;
  /** When the infrastructure node handed the message to its client; whole milliseconds. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly durableAtMs: number;
}

/** Everything of a VPC up to the revision is applied and durable on the host. A tuple, since there are many. */
export type AppliedRevision = readonly [hostId: string, vpcId: string, revision: number, durableAtMs: number];

/** Of the hosts of one process. */
export interface SentTally extends Received {
  /** When the infrastructure node handed the first of its messages to its client, to a millisecond; `monotonicMs()`. */
  readonly sentAtMs: number;
}

export interface AgentsTotals {
  /** Agents that read a fan-out lane. */
  readonly reading: number;
  readonly gaps: number;
  readonly stale: number;
  readonly applied: number;
  readonly collections: number;
  readonly longestCollectionMs: number;
}

export type AgentsOrder =
  | { readonly kind: 'start'; readonly start: AgentsStart }
  /** With multicasts only: agents apply what comes in when they are let go. */
  | { readonly kind: 'hold' }
  | { readonly kind: 'let-go' }
  | { readonly kind: 'totals' };

export type AgentsNews =
  | { readonly kind: 'started' }
  | { readonly kind: 'ports'; readonly ports: readonly AppliedPort[] }
  | { readonly kind: 'revisions'; readonly revisions: readonly AppliedRevision[] }
  /** When a revision came in, or became durable. `multicast` is the revision. */
  | { readonly kind: 'multicasts'; readonly stage: 'received' | 'durable'; readonly tally: SentTally }
  | { readonly kind: 'copies'; readonly tallies: readonly CopiesTally[] }
  | { readonly kind: 'totals'; readonly totals: AgentsTotals }
  | { readonly kind: 'failed'; readonly reason: string };
