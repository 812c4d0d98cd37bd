/** What the bench's processes say to each other. Times are `nowMs()`. */

export interface AgentsStart {
  /** `host:port` of the control service. */
  readonly control: string;
  readonly stateDirectory: string;
  readonly hosts: readonly { readonly id: string; readonly vtepIp: string }[];
  /** Pulsar clients, each with a connection, that the agents of the process share. */
  readonly clients: number;
}

/** A port that is bound is durable on the host it is bound on. */
export interface AppliedPort {
  readonly hostId: string;
  readonly portId: string;
  /** When the infrastructure node handed the message to its client; whole milliseconds. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly durableAtMs: number;
}

export interface AgentsTotals {
  readonly gaps: number;
  readonly stale: number;
  readonly applied: number;
  readonly collections: number;
  readonly longestCollectionMs: number;
}

export type AgentsOrder =
  { readonly kind: 'start'; readonly start: AgentsStart } | { readonly kind: 'totals' };

export type AgentsNews =
  | { readonly kind: 'started' }
  | { readonly kind: 'applied'; readonly ports: readonly AppliedPort[] }
  | { readonly kind: 'totals'; readonly totals: AgentsTotals }
  | { readonly kind: 'failed'; readonly reason: string };

export interface ProbeStart {
  readonly pulsarUrl: string;
  readonly topic: string;
  readonly subscription: string;
  readonly slot: number;
  readonly key: string;
  readonly ratePerSecond: number;
  readonly messageBytes: number;
  /** For writes that are synced. */
  readonly file: string;
}

export interface ProbeSample {
  readonly intendedAtMs: number;
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

export interface ProbeResult {
  readonly messages: readonly ProbeSample[];
  readonly unreceived: number;
  /** What one append of 512 bytes with fdatasync took. */
  readonly syncs: readonly { readonly atMs: number; readonly tookMs: number }[];
}

export type ProbeOrder = { readonly kind: 'start'; readonly start: ProbeStart } | { readonly kind: 'finish' };

export type ProbeNews =
  | { readonly kind: 'started' }
  | { readonly kind: 'result'; readonly result: ProbeResult }
  | { readonly kind: 'failed'; readonly reason: string };
