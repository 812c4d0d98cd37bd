import type { Clock } from '../clock.ts';
import { encodeDeadLetter } from '../codec/dead-letter.ts';
import type { DeadLetter } from '../codec/dead-letter.ts';
import type { Logger } from '../logger.ts';
import type { OutgoingMessage } from './port.ts';

export interface DeadLettersDeps {
  readonly reporter: string;
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
  #sinceMs = -Infinity;
  #kept = 0;

  constructor(deps: DeadLettersDeps) {
    this.#deps = deps;
  }

  put(letter: Omit<DeadLetter, 'reporter'>): void {
    const { reporter, clock, logger, send } = this.#deps;
    const nowMs = clock();
    if (nowMs - this.#sinceMs >= MINUTE_MS) {
      this.#sinceMs = nowMs;
      this.#kept = 0;
    }
    if (this.#kept++ >= PER_MINUTE) return;
    send(encodeDeadLetter({ reporter, ...letter })).catch((error: unknown) => {
      logger.warn('a dead letter was lost', { lane: letter.lane, reason: letter.reason, error });
    });
  }
}
