import type { Clock } from '../../core/clock.ts';
import type { Scope } from '../../core/store/port.ts';
import type { Receiver } from './send-again.ts';

/** Something that is wrong with a host, unless it is only about to become right. */
export interface Finding {
  readonly receiver: Receiver;
  readonly what: 'behind' | 'different';
  /** All that would be another if anything had happened since. */
  readonly state: string;
  /** How long it has to stay so, being seen again, until something is done about it. */
  readonly patienceMs: number;
}

interface Suspicion {
  readonly finding: Finding;
  dueMs: number;
  pauseMs: number;
  /** How often something was done about it. */
  attempts: number;
}

export interface Confirmed {
  readonly finding: Finding;
  readonly attempts: number;
}

const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 600_000;

/** What was found wrong, and since when it has been just so. */
export class Suspicions {
  readonly #clock: Clock;
  #before = new Map<Scope, Map<string, Suspicion>>();
  #now = new Map<Scope, Map<string, Suspicion>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes what was found in a scope this time; answers with what was found before and is to be put right now. */
  confirm(scope: Scope, findings: readonly Finding[]): Confirmed[] {
    const before = this.#now.get(scope) ?? this.#before.get(scope);
    const suspicions = new Map<string, Suspicion>();
    const nowMs = this.#clock();
    const confirmed: Confirmed[] = [];
    for (const finding of findings) {
      const { hostId } = finding.receiver;
      const known = before?.get(hostId);
      if (known?.finding.state !== finding.state || known.finding.what !== finding.what) {
        const dueMs = nowMs + finding.patienceMs;
        suspicions.set(hostId, { finding, dueMs, pauseMs: FIRST_PAUSE_MS, attempts: 0 });
        continue;
      }
      suspicions.set(hostId, known);
      if (nowMs < known.dueMs) continue;
      confirmed.push({ finding, attempts: known.attempts++ });
      known.dueMs = nowMs + known.pauseMs;
      known.pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * known.pauseMs);
    }
    if (suspicions.size > 0) this.#now.set(scope, suspicions);
    else this.#now.delete(scope);
    return confirmed;
  }

  /** A pass has come to its end: scopes that it did not judge are in motion, or are no more. */
  passed(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }
}
