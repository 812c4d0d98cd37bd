export interface Summary {
  readonly p50_ms: number;
  readonly p90_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly samples: number;
}

/** The smallest sample that at least the share `q` (above 0, at most 1) of all samples does not exceed. */
export function percentile(ascending: readonly number[], q: number): number {
  const value = ascending[Math.max(0, Math.ceil(q * ascending.length) - 1)];
  if (value === undefined) throw new Error('there are no samples');
  return value;
}

/** Exact, from all samples; times are rounded to microseconds. */
export function summarize(samples: readonly number[]): Summary {
  const ascending = inOrder(samples);
  return {
    p50_ms: rounded(percentile(ascending, 0.5)),
    p90_ms: rounded(percentile(ascending, 0.9)),
    p99_ms: rounded(percentile(ascending, 0.99)),
    max_ms: rounded(percentile(ascending, 1)),
    samples: samples.length,
  };
}

export function mean(samples: readonly number[]): number {
  if (samples.length === 0) throw new Error('there are no samples');
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}

export function inOrder(samples: readonly number[]): number[] {
  return [...samples].sort((one, other) => one - other);
}

export function rounded(value: number, digits = 3): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
