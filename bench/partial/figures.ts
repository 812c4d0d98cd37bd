import type { Machine } from '../machine.ts';
import { inOrder, percentile, rounded } from '../statistics.ts';
import type { Round } from './sides.ts';

/** One after the other. */
export interface Pair {
  readonly vpcast: Round;
  readonly bare: Round;
}

interface Given {
  readonly hosts: number;
  /** Hosts that each change concerns. */
  readonly audience: number;
  readonly partitions: number;
  readonly window: number;
  /** Of a burst. */
  readonly changes: number;
  /** Of a round. */
  readonly bursts: number;
  readonly connections: number;
  readonly consumers: number;
  readonly machine: Machine;
  readonly commit: string;
  readonly date: string;
}

export interface PartialFigures extends Given {
  readonly experiment: 'partial';
  /** Copies with something in them that came in per second of a burst: medians of the rounds. */
  readonly vpcast_per_s: number;
  readonly bare_per_s: number;
  /** The median of the pairs' ratios. */
  readonly ratio: number;
  readonly ratio_quartiles: readonly [number, number];
  readonly ratio_range: readonly [number, number];
  /** By pair. */
  readonly rounds: readonly { readonly vpcast_per_s: number; readonly bare_per_s: number }[];
  readonly copies_per_burst: number;
  /** Copies of a range that has nothing for the host, for each copy that has something. */
  readonly empty_per_copy: number;
  readonly payload_bytes: number;
  /** Processor time for each copy with something in it, by program; pauses between bursts are in it. */
  readonly vpcast_cpu_us_per_copy: Readonly<Record<string, number>>;
  readonly bare_cpu_us_per_copy: Readonly<Record<string, number>>;
}

export function partialFigures(pairs: readonly Pair[], given: Given): PartialFigures {
  const rate = ({ copies, seconds }: Round): number => copies / seconds;
  const ratios = inOrder(pairs.map(({ vpcast, bare }) => rate(vpcast) / rate(bare)));
  const median = (values: readonly number[]): number => percentile(inOrder(values), 0.5);
  const vpcast = together(pairs.map((pair) => pair.vpcast));
  const bare = together(pairs.map((pair) => pair.bare));
  return {
    experiment: 'partial',
    hosts: given.hosts,
    audience: given.audience,
    vpcast_per_s: rounded(median(pairs.map((pair) => rate(pair.vpcast))), 1),
    bare_per_s: rounded(median(pairs.map((pair) => rate(pair.bare))), 1),
    ratio: rounded(percentile(ratios, 0.5)),
    ratio_quartiles: [rounded(percentile(ratios, 0.25)), rounded(percentile(ratios, 0.75))],
    ratio_range: [rounded(ratios[0] ?? NaN), rounded(ratios.at(-1) ?? NaN)],
    rounds: pairs.map((pair) => ({
      vpcast_per_s: rounded(rate(pair.vpcast), 1),
      bare_per_s: rounded(rate(pair.bare), 1),
    })),
    copies_per_burst: rounded(vpcast.copies / (pairs.length * given.bursts), 1),
    empty_per_copy: rounded(vpcast.empty / vpcast.copies, 2),
    payload_bytes: Math.round(vpcast.bytes / vpcast.copies),
    vpcast_cpu_us_per_copy: perCopy(vpcast),
    bare_cpu_us_per_copy: perCopy(bare),
    partitions: given.partitions,
    window: given.window,
    changes: given.changes,
    bursts: given.bursts,
    connections: given.connections,
    consumers: given.consumers,
    machine: given.machine,
    commit: given.commit,
    date: given.date,
  };
}

function perCopy({ copies, processor }: Round): Record<string, number> {
  return Object.fromEntries(
    Object.entries(processor).map(([name, seconds]) => [name, rounded((seconds * 1e6) / copies, 1)]),
  );
}

function together(rounds: readonly Round[]): Round {
  const sum = { copies: 0, empty: 0, bytes: 0, seconds: 0 };
  const processor: Record<string, number> = {};
  for (const round of rounds) {
    sum.copies += round.copies;
    sum.empty += round.empty;
    sum.bytes += round.bytes;
    sum.seconds += round.seconds;
    for (const [name, used] of Object.entries(round.processor))
      processor[name] = (processor[name] ?? 0) + used;
  }
  return { ...sum, processor };
}
