// The text format of Prometheus, for the little that the programs have to say.

export type Numbers = Readonly<Record<string, number>>;

/** `resyncsDropped: 3` with the prefix `vpcast_infra` is `vpcast_infra_resyncs_dropped_total 3`. What is not a number is left out. */
export function renderCounters(prefix: string, counters: Readonly<object>): string {
  return Object.entries(counters)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .map(([name, value]) => family(`${prefix}_${snake(name)}_total`, 'counter', [['', value]]))
    .join('');
}

export function renderGauges(prefix: string, gauges: Numbers): string {
  return Object.entries(gauges)
    .map(([name, value]) => family(`${prefix}_${snake(name)}`, 'gauge', [['', value]]))
    .join('');
}

/** Upper bounds in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Durations {
  /** By bucket, not cumulated; the last one is for what is longer. */
  readonly counts: number[];
  sum: number;
}

/**
 * Finished calls by rpc and code, and their durations by rpc. Both come from closed lists, so the number of series is
 * bounded; durations are not told apart by code, which would multiply the buckets.
 */
export class CallMetrics {
  readonly #prefix: string;
  readonly #calls = new Map<string, number>();
  readonly #durations = new Map<string, Durations>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  count({ method, code, durationMs }: { method: string; code: string; durationMs: number }): void {
    const labels = `rpc="${method}",code="${code}"`;
    this.#calls.set(labels, (this.#calls.get(labels) ?? 0) + 1);
    const rpc = `rpc="${method}"`;
    const durations = this.#durations.get(rpc) ?? { counts: [...BUCKETS, Infinity].map(() => 0), sum: 0 };
    this.#durations.set(rpc, durations);
    const seconds = durationMs / 1000;
    durations.sum += seconds;
    const found = BUCKETS.findIndex((bound) => seconds <= bound);
    const bucket = found < 0 ? BUCKETS.length : found;
    durations.counts[bucket] = (durations.counts[bucket] ?? 0) + 1;
  }

  render(): string {
    const series = [...this.#durations].flatMap(([rpc, { counts, sum }]): [string, number][] => {
      let total = 0;
      const buckets = counts.map((count, n): [string, number] => {
        total += count;
        return [`_bucket{${rpc},le="${BUCKETS[n] ?? '+Inf'}"}`, total];
      });
      return [...buckets, [`_sum{${rpc}}`, sum], [`_count{${rpc}}`, total]];
    });
    const calls = [...this.#calls].map(([labels, count]): [string, number] => [`{${labels}}`, count]);
    return (
      family(`${this.#prefix}_calls_total`, 'counter', calls) +
      family(`${this.#prefix}_call_seconds`, 'histogram', series)
    );
  }
}

function family(
  name: string,
  type: 'counter' | 'gauge' | 'histogram',
  series: readonly (readonly [suffix: string, value: number])[],
): string {
  const lines = series.map(([suffix, value]) => `${name}${suffix} ${value}\n`);
  return `# TYPE ${name} ${type}\n${lines.join('')}`;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
