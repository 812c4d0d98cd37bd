import { MAX_MARKS } from '../core/store/port.ts';
import type { Report } from '../core/store/port.ts';

/** How far one receiver is with a scope. */
export interface Progress {
  /** What it was sent everything through; the next range begins here. 0 = it was sent nothing yet. */
  sent: number;
  /** What it last reported as applied and durable; 0 = it has not reported since it takes part. */
  applied: number;
  /** Nothing before this revision was meant for it: it begins with a snapshot. */
  since: number;
  /** Where the last of its copies ended, where that is above `sent` since it is held. */
  copied?: number;
}

/** What a report says of a receiver at this epoch and incarnation; one of an earlier assignment says nothing. */
export function appliedOf(
  report: Report | undefined,
  { epoch, incarnation }: { readonly epoch: number; readonly incarnation: number },
): number {
  return report?.epoch === epoch && report.incarnation === incarnation ? report.revision : 0;
}

/** The revisions at which a scope's last copies went out, as the store keeps them. */
export class Marks {
  readonly #revisions: number[];

  constructor(revisions: readonly number[]) {
    this.#revisions = [...revisions];
  }

  /** 0 = no copy went out yet. */
  get newest(): number {
    return this.#revisions.at(-1) ?? 0;
  }

  add(revision: number): void {
    if (revision <= this.newest) return;
    this.#revisions.push(revision);
    if (this.#revisions.length > MAX_MARKS) this.#revisions.shift();
  }

  /** How many copies went out in the range (after, through]; at most that many where marks are not kept any more. */
  between(after: number, through: number): number {
    if (after >= through) return 0;
    const forgotten = this.#revisions.length < MAX_MARKS ? 0 : (this.#revisions[0] ?? 0) - 1;
    const uncertain = Math.max(0, Math.min(through, forgotten) - after);
    return uncertain + this.#through(through) - this.#through(after);
  }

  /** Copies that the receiver has not reported. */
  outstanding({ sent, applied, since, copied = 0 }: Progress): number {
    return this.between(Math.max(applied, since), Math.max(sent, copied));
  }

  #through(revision: number): number {
    let from = 0;
    let to = this.#revisions.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#revisions[middle] ?? Infinity) <= revision) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** The receiver was not sent all that is due, or never a snapshot. A plain copy would leave a hole. */
export function isHeld({ sent }: Pick<Progress, 'sent'>, due: number): boolean {
  return sent === 0 || sent < due;
}

/** How many copies a receiver may leave unreported before it is sent no more. */
export class Window {
  readonly #size: number;
  readonly #marks: Marks;

  constructor(size: number, marks: Marks) {
    this.#size = size;
    this.#marks = marks;
  }

  outstanding(progress: Progress): number {
    return this.#marks.outstanding(progress);
  }

  isFull(progress: Progress): boolean {
    return this.outstanding(progress) >= this.#size;
  }

  isHalfFull(progress: Progress): boolean {
    return 2 * this.outstanding(progress) >= this.#size;
  }

  /** With the next copy, which ends there: time to hear of the receiver. */
  wouldBeHalfFull({ applied, since }: Omit<Progress, 'sent'>, to: number): boolean {
    return 2 * (this.#marks.between(Math.max(applied, since), to - 1) + 1) >= this.#size;
  }
}

const LEAST = 2;
const MOST = 100;

/**
 * Window of each of the receivers that share a partition. A broker with default limits stops delivery on a partition
 * when min(2,000 x live consumers, 20,000) messages wait for those who do not take them.
 */
export function windowSize(budget: number, receivers: number): number {
  if (budget === 0) return Infinity;
  return Math.min(MOST, Math.max(LEAST, Math.floor(budget / receivers)));
}
