import type { DeadLetterCount } from '../../core/messaging/dead-letters.ts';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** What numbers mean, by the names that the code has for them. */
type Help<Name extends string> = Readonly<Record<Name, string>>;
type Numbers<Name extends string> = Readonly<Record<Name, number>>;

export interface Series {
  /** Of closed lists only: each combination is kept for good. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Described {
  readonly name: string;
  readonly help: string;
}

/** Upper bounds, seconds, of what may take from milliseconds to a minute. */
export const DELAY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What a program tells Prometheus: of its process (memory, event loop, garbage collection), and what it adds. */
export class Metrics {
  readonly #registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /**
   * Numbers that the program keeps itself and that only rise, read when somebody asks; undefined = it does not run yet.
   * `resyncsDropped` with the prefix `vpcast_infra` is `vpcast_infra_resyncs_dropped_total`.
   */
  counters<N extends string>(
    prefix: string,
    help: Help<N>,
    read: () => Numbers<NoInfer<N>> | undefined,
  ): void {
    for (const each of namesOf(help)) {
      const name = `${prefix}_${snake(each)}_total`;
      this.counter({ name, help: help[each] }, [], () => [{ labels: {}, value: read()?.[each] ?? 0 }]);
    }
  }

  /** The same for numbers that rise and fall. */
  gauges<N extends string>(prefix: string, help: Help<N>, read: () => Numbers<NoInfer<N>> | undefined): void {
    for (const each of namesOf(help)) {
      const registers = [this.#registry];
      new Gauge({
        ...{ name: `${prefix}_${snake(each)}`, help: help[each], registers },
        collect() {
          this.set(read()?.[each] ?? 0);
        },
      });
    }
  }

  /** A counter of several series; where the same labels come more than once, they add up. */
  counter({ name, help }: Described, labelNames: readonly string[], read: () => readonly Series[]): void {
    const registers = [this.#registry];
    new Counter({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset();
        for (const { labels, value } of read()) this.inc(labels, value);
      },
    });
  }

  deadLetters(prefix: string, read: () => readonly DeadLetterCount[]): void {
    const help = 'Messages that could not be used, by where they came in and why.';
    this.counter({ name: `${prefix}_dead_letters_total`, help }, ['lane', 'reason'], () =>
      read().map(({ count, lane, reason }) => ({ labels: { lane, reason }, value: count })),
    );
  }

  /** The result counts one. */
  count<L extends string>(
    { name, help }: Described,
    labelNames: readonly L[],
  ): (labels: Record<L, string>) => void {
    const counter = new Counter({ name, help, labelNames, registers: [this.#registry] });
    return (labels) => {
      counter.inc(labels);
    };
  }

  /** The result notes one duration. */
  seconds<L extends string>(
    { name, help }: Described,
    buckets: readonly number[],
    labelNames: readonly L[] = [],
  ): (seconds: number, labels?: Partial<Record<L, string>>) => void {
    const registers = [this.#registry];
    const histogram = new Histogram({ name, help, labelNames, buckets: [...buckets], registers });
    return (seconds, labels = {}) => {
      histogram.observe(labels, seconds);
    };
  }

  /** In the text format of Prometheus. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}

function namesOf<N extends string>(help: Help<N>): N[] {
  return Object.keys(help) as N[];
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
