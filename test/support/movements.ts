import { programOf } from './chart-metrics.ts';
import type { Program } from './chart-metrics.ts';
import { parseSamples } from './promql.ts';
import type { Sample } from './promql.ts';

/** What has changed at /metrics of some processes, from one look to the next. */
export class Movements {
  /** Counters that have risen, and gauges that have changed, in any of their series. */
  readonly moved = new Set<string>();
  readonly #last = new Map<string, ReadonlyMap<string, readonly Sample[]>>();

  /** A counter that fell is that of a process that began anew. */
  see(instance: string, text: string): void {
    const samples = parseSamples(text);
    const before = this.#last.get(instance);
    this.#last.set(instance, samples);
    if (before === undefined) return;
    for (const [metric, series] of samples) {
      const known = new Map(before.get(metric)?.map(({ labels, value }) => [JSON.stringify(labels), value]));
      const rises = /_(total|bucket|sum|count)$/.test(metric);
      const hasMoved = series.some(({ labels, value }) => {
        const was = known.get(JSON.stringify(labels)) ?? 0;
        return rises ? value > was : value !== was;
      });
      if (hasMoved) this.moved.add(metric);
    }
  }

  /** What the processes of a program have said last, all together. */
  samplesOf(program: Program): ReadonlyMap<string, readonly Sample[]> {
    const all = new Map<string, Sample[]>();
    for (const samples of this.#last.values()) {
      if (![...samples.keys()].some((metric) => programOf(metric) === program)) continue;
      for (const [metric, series] of samples) all.set(metric, [...(all.get(metric) ?? []), ...series]);
    }
    return all;
  }
}
