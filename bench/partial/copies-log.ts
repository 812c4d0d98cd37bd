import type { CopiesTally } from './seen-copies.ts';

export interface Copies {
  /** With something in them. */
  readonly copies: number;
  readonly bytes: number;
  readonly lastAtMs: number;
  readonly empty: number;
}

/** Puts together what the processes of agents tell. */
export class CopiesLog {
  readonly #byRevision = new Map<number, Map<number, CopiesTally>>();

  add(process: number, tallies: readonly CopiesTally[]): void {
    for (const tally of tallies) {
      const [revision] = tally;
      let processes = this.#byRevision.get(revision);
      if (processes === undefined)
        this.#byRevision.set(revision, (processes = new Map<number, CopiesTally>()));
      processes.set(process, tally);
    }
  }

  /** Of the ranges that end above `after` and at or below `through`. */
  between(after: number, through: number): Copies {
    const sum = { copies: 0, bytes: 0, lastAtMs: 0, empty: 0 };
    for (const [revision, processes] of this.#byRevision) {
      if (revision <= after || revision > through) continue;
      for (const [, copies, bytes, lastAtMs, empty] of processes.values()) {
        sum.copies += copies;
        sum.bytes += bytes;
        sum.lastAtMs = Math.max(sum.lastAtMs, lastAtMs);
        sum.empty += empty;
      }
    }
    return sum;
  }
}
