import type { Clock } from '../core/clock.ts';
import type { Timed } from '../core/codec/properties.ts';
import type { AgentEvents } from './ports.ts';

export interface DelaysDeps {
  readonly clock: Clock;
  readonly durable: () => Promise<void>;
  readonly onDelay: AgentEvents['onDelay'];
}

/**
 * Tells how long what is new took to get here, once it is durable. What makes up for something is not new, and says nothing
 * of when it was committed; nor is what was committed before this process began, which waited for it.
 */
export class Delays {
  readonly #deps: DelaysDeps;
  readonly #startedMs: number;

  constructor(deps: DelaysDeps) {
    this.#deps = deps;
    this.#startedMs = deps.clock();
  }

  /** A message has changed what is held. */
  note({ sinceMs }: Timed, sentAtMs: number): void {
    const { clock, durable, onDelay } = this.#deps;
    if (onDelay === undefined || sinceMs === undefined || sinceMs < this.#startedMs) return;
    durable().then(
      () => {
        const nowMs = clock();
        onDelay({ sinceCommit: secondsFrom(sinceMs, nowMs), sinceSent: secondsFrom(sentAtMs, nowMs) });
      },
      // A closed journal: it comes again at the next start.
      () => undefined,
    );
  }
}

/** The clocks of other machines may be ahead. */
function secondsFrom(thenMs: number, nowMs: number): number {
  return Math.max(0, nowMs - thenMs) / 1_000;
}
