import type { Clock } from '../clock.ts';
import { encodeDeadLetter } from '../codec/dead-letter.ts';
import type { DeadLetter } from '../codec/dead-letter.ts';
import { PlatformError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { OutgoingMessage } from './port.ts';

/** It cannot be understood, or what it asks for cannot be done. */
export type DeadLetterReason = 'malformed' | 'failed';

export interface DeadLetterCount {
  /** Kind of lane: the first word of the letters' `lane`. */
  readonly lane: string;
  readonly reason: DeadLetterReason;
  readonly count: number;
}

export interface DeadLettersDeps {
  readonly reporter: string;
  /** Kinds of lane that messages come in by; counted from the start, so that the first one shows as a rise. */
  readonly lanes: readonly string[];
  readonly send: (message: OutgoingMessage) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A flood of bad messages is told by its first ones; counters tell how many there were. */
const PER_MINUTE = 60;
const MINUTE_MS = 60_000;

/** Puts aside what cannot be used. Never fails, and holds nobody up. */
export class DeadLetters {
  readonly #deps: DeadLettersDeps;
  readonly #counts: Record<DeadLetterReason, Map<string, number>>;
  #sinceMs = -Infinity;
  #kept = 0;

  constructor(deps: DeadLettersDeps) {
    this.#deps = deps;
    const zeroes = deps.lanes.map((lane) => [lane, 0] as const);
    this.#counts = { malformed: new Map(zeroes), failed: new Map(zeroes) };
  }

  /** How many there were, those above the limit included. */
  counts(): DeadLetterCount[] {
    return (['malformed', 'failed'] as const).flatMap((reason) =>
      [...this.#counts[reason]].map(([lane, count]) => ({ lane, reason, count })),
    );
  }

  put(letter: Pick<DeadLetter, 'lane' | 'message'> & { readonly error: unknown }): void {
    const { reporter, clock, logger, send } = this.#deps;
    const { lane, message } = letter;
    const { code, message: reason } = PlatformError.from(letter.error);
    const counts = this.#counts[code === 'invalid_argument' ? 'malformed' : 'failed'];
    const [kind = ''] = lane.split(' ');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const nowMs = clock();
    if (nowMs - this.#sinceMs >= MINUTE_MS) {
      this.#sinceMs = nowMs;
      this.#kept = 0;
    }
    if (this.#kept++ >= PER_MINUTE) return;
    send(encodeDeadLetter({ reporter, lane, reason, message })).catch((error: unknown) => {
      logger.warn('a dead letter was lost', { lane, reason, error });
    });
  }
}
