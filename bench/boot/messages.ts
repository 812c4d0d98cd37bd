/** What the raw probe and the bench say to each other. Times are `nowMs()`. */

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
