import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds since the epoch with fractions: comparable between processes of one machine. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

export interface OpenLoopOptions {
  readonly ratePerSecond: number;
  /** Infinity = until the signal. */
  readonly count: number;
  readonly signal: AbortSignal;
}

/**
 * Calls `fire` at a steady rate whatever becomes of the earlier calls, and tells each when it was meant to happen: who
 * counts from there also counts what waited because of an earlier one. Ends early when the signal is aborted.
 */
export async function openLoop(
  { ratePerSecond, count, signal }: OpenLoopOptions,
  fire: (n: number, intendedMs: number) => void,
): Promise<void> {
  const startMs = nowMs();
  for (let n = 0; n < count && !isStopped(signal); n++) {
    const intendedMs = startMs + (n * 1_000) / ratePerSecond;
    for (let left = intendedMs - nowMs(); left > 0; left = intendedMs - nowMs()) {
      await delay(Math.ceil(left), undefined, { signal }).catch(() => undefined);
      if (isStopped(signal)) return;
    }
    fire(n, intendedMs);
  }
}

function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}
