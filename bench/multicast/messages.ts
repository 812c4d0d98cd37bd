/** What the bench and the processes of clients say to each other, in whatever language these are written. */

/** Where a design's clients find what they need: URLs, names of topics, and the like. */
export type Target = Readonly<Record<string, string>>;

export interface ClientStart {
  readonly design: string;
  readonly target: Target;
  /** All of the point, in all processes. */
  readonly hosts: number;
  readonly hostsPerPartition: number;
  readonly hostsPerConnection: number;
  readonly role:
    { readonly kind: 'publisher' } | { readonly kind: 'hosts'; readonly indexes: readonly number[] };
}

export type ClientOrder =
  | { readonly kind: 'start'; readonly start: ClientStart }
  | { readonly kind: 'publish'; readonly multicast: number; readonly payload: string };

/** How many of one part's hosts have one multicast, each counted once. Times are `monotonicMs()`. */
export interface Received {
  readonly multicast: number;
  /** Of the process: it may have several parts, each reports for itself. */
  readonly part: number;
  readonly hosts: number;
  readonly duplicates: number;
  readonly firstAtMs: number;
  readonly sumOfMs: number;
  readonly lastAtMs: number;
}

export type ClientNews =
  /** With the processes whose time is the clients'. */
  | { readonly kind: 'started'; readonly pids: readonly number[] }
  /** `sentAtMs`: just before the client library was called; `confirmedAtMs`: the broker has all of it. */
  | {
      readonly kind: 'published';
      readonly multicast: number;
      readonly sentAtMs: number;
      readonly confirmedAtMs: number;
    }
  /** As soon as all hosts of the part have it; before that now and then. The newest replaces the earlier. */
  | { readonly kind: 'received'; readonly received: Received }
  | { readonly kind: 'failed'; readonly reason: string };
