import { rounded, summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import type { ApplyTimes } from './apply-times.ts';
import type { Comparison } from './stages.ts';

export type TimesFigures = Summary & {
  /** Pairs of a change and a host that did not come to be; the times count until the end of the waiting. */
  readonly unapplied: number;
  readonly frozen_hosts: number;
};

export interface ComparisonFigures {
  readonly healthy: TimesFigures;
  readonly faulty: TimesFigures;
  readonly ratio_p50: number;
  readonly ratio_p99: number;
}

export function timesFigures({ samples, unapplied, frozen }: ApplyTimes): TimesFigures {
  return { ...summarize(samples), unapplied, frozen_hosts: frozen };
}

export function comparisonFigures(comparison: Comparison): ComparisonFigures {
  const healthy = timesFigures(comparison.healthy);
  const faulty = timesFigures(comparison.faulty);
  return {
    healthy,
    faulty,
    ratio_p50: rounded(faulty.p50_ms / healthy.p50_ms, 2),
    ratio_p99: rounded(faulty.p99_ms / healthy.p99_ms, 2),
  };
}
