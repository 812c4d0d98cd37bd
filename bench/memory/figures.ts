import { mean, rounded } from '../statistics.ts';
import type { MemorySample } from './watch-memory.ts';

export interface ProgramMemory {
  readonly start_mb: number;
  readonly end_mb: number;
  readonly max_mb: number;
  /** Of the resident memory, by least squares over what comes after the warm-up. */
  readonly slope_mb_per_min: number;
  /** Of its mean. */
  readonly slope_percent_per_min: number;
  /** The same line through the heap that is used, collections and all. */
  readonly heap_slope_percent_per_min: number;
  readonly heap_end_mb: number;
  readonly heap_max_mb: number;
  readonly samples: readonly MemorySample[];
}

export function programMemory(samples: readonly MemorySample[], warmUpSeconds: number): ProgramMemory {
  const counted = samples.filter(({ at_s }) => at_s >= warmUpSeconds);
  const [first, last] = [counted[0], counted.at(-1)];
  if (first === undefined || last === undefined) throw new Error('nothing is left after the warm-up');
  const minutes = counted.map(({ at_s }) => at_s / 60);
  const rss = counted.map(({ rss_mb }) => rss_mb);
  const heap = counted.map(({ heap_mb }) => heap_mb);
  const slope = slopeOf(minutes, rss);
  return {
    start_mb: first.rss_mb,
    end_mb: last.rss_mb,
    max_mb: Math.max(...rss),
    slope_mb_per_min: rounded(slope),
    slope_percent_per_min: rounded((100 * slope) / mean(rss)),
    heap_slope_percent_per_min: rounded((100 * slopeOf(minutes, heap)) / mean(heap)),
    heap_end_mb: last.heap_mb,
    heap_max_mb: Math.max(...heap),
    samples,
  };
}

/** Of the line with the least squares; 0 for a single point. */
export function slopeOf(xs: readonly number[], ys: readonly number[]): number {
  const [x0, y0] = [mean(xs), mean(ys)];
  const spread = xs.reduce((sum, x) => sum + (x - x0) ** 2, 0);
  if (spread === 0) return 0;
  return xs.reduce((sum, x, n) => sum + (x - x0) * ((ys[n] ?? y0) - y0), 0) / spread;
}
