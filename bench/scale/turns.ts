/**
 * Turns of one VPC: changes arrive at random (Poisson), a turn takes all that are there, one turn at a time, and while
 * it lasts others gather for the next one. So a VPC that changes faster than it can be told coalesces.
 */
export interface Turns {
  readonly changesPerSecond: number;
  /** Of one turn, and the least time from the beginning of one to that of the next. */
  readonly seconds: number;
}

export function turnsPerSecond({ changesPerSecond, seconds }: Turns): number {
  // After a turn in which nothing arrived, until the next change.
  return 1 / (seconds + Math.exp(-changesPerSecond * seconds) / changesPerSecond);
}

/** Share of the time in which a turn is under way; also of the changes that find it so. */
export function busyShare(turns: Turns): number {
  return turns.seconds * turnsPerSecond(turns);
}

/** What a change waits for the turn that takes it: nothing, or any part of the one that is under way. */
export function waitQuantile(turns: Turns, q: number): number {
  const busy = busyShare(turns);
  return q <= 1 - busy ? 0 : (turns.seconds * (q - (1 - busy))) / busy;
}
