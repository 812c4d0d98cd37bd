import type { Clock } from '../core/clock.ts';
import type { Timed } from '../core/codec/properties.ts';
import type { Scope } from '../core/store/port.ts';

/** Hosts that ask for a snapshot of a scope, with the epoch they ask at. */
export type Resyncs = ReadonlyMap<string, number>;

/** Hosts that ask for what came after their last report; `tail` goes back with the answer. */
export type Tails = ReadonlyMap<string, { readonly epoch: number; readonly tail: number }>;

/** What is asked of a run besides what the log holds. */
export interface Demand extends Timed {
  readonly resyncs: Resyncs;
  readonly tails: Tails;
  /** A host that was held may have room again. */
  readonly resume: boolean;
}

/** Keeps a host that asks in every report from being answered more often than it can take in. */
export class ResyncWindow {
  readonly #windowMs: number;
  readonly #clock: Clock;
  /** In order of time. */
  readonly #answered = new Map<string, number>();

  constructor(windowMs: number, clock: Clock) {
    this.#windowMs = windowMs;
    this.#clock = clock;
  }

  /** Those that were not answered just now. */
  due(scope: Scope, resyncs: Resyncs): Resyncs {
    const since = this.#clock() - this.#windowMs;
    for (const [name, atMs] of this.#answered) {
      if (atMs > since) break;
      this.#answered.delete(name);
    }
    return new Map([...resyncs].filter(([host, epoch]) => !this.#answered.has(nameOf(scope, host, epoch))));
  }

  answered(scope: Scope, resyncs: Resyncs): void {
    for (const [host, epoch] of resyncs) {
      const name = nameOf(scope, host, epoch);
      this.#answered.delete(name);
      this.#answered.set(name, this.#clock());
    }
  }
}

function nameOf(scope: Scope, host: string, epoch: number): string {
  return `${scope} ${host} ${epoch}`;
}
