import type { Surroundings } from '../experiment.ts';
import { commit, describeMachine } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { openServices } from '../services.ts';
import { rounded } from '../statistics.ts';
import { killInTheMiddle } from './kill.ts';
import type { KillFigures } from './kill.ts';
import { measure, together } from './measure.ts';
import type { Measured } from './measure.ts';
import type { SplitOptions } from './options.ts';

export interface RunFigures {
  readonly seconds: number;
  readonly copies_per_s: number;
  /** All nodes together; above hosts x tasks where something was done twice. */
  readonly copies: number;
  /** Of each node. */
  readonly cpu_s: readonly number[];
  readonly chunks: number;
  readonly chunks_taken: number;
}

export interface SplitFigures {
  readonly experiment: 'split';
  readonly hosts: number;
  readonly chunk_hosts: number;
  readonly tasks: number;
  readonly one: RunFigures;
  readonly two: RunFigures & {
    /** Of the copies. */
    readonly shares: readonly number[];
    /** The processor time of both nodes against that of the one. */
    readonly cpu_ratio: number;
    /** The same in time. */
    readonly time_ratio: number;
  };
  /** Of two nodes, one is killed in the middle of a task; the hosts count what they get. */
  readonly kills: readonly KillFigures[];
  readonly rounds: number;
  readonly rounds_cpu_ratio: readonly number[];
  readonly machine: Machine;
  readonly commit: string;
  readonly date: string;
}

export async function runSplit(options: SplitOptions, surroundings: Surroundings): Promise<SplitFigures> {
  const { dir, cleanup, once } = surroundings;
  const { urls } = await once('Pulsar and Redis', async () =>
    cleanup.add(await openServices(dir, {}), (opened) => opened.stop()),
  );
  const ones: Measured[] = [];
  const twos: Measured[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    // In another order each time, so that what the broker still has of the one before does not always meet the same.
    for (const nodes of round % 2 === 1 ? [1, 2] : [2, 1]) {
      (nodes === 1 ? ones : twos).push(await measure(round, nodes, options, urls, surroundings));
    }
  }
  const kills = await killInTheMiddle(options, urls, surroundings);
  const [one, two] = [ones.reduce(together), twos.reduce(together)];
  const copies = total(two, ({ copies: ofNode }) => ofNode);
  const cpuSeconds = (measured: Measured): number => total(measured, (node) => node.cpuSeconds);
  return {
    experiment: 'split',
    hosts: options.hosts,
    chunk_hosts: options.chunkHosts,
    tasks: options.tasks,
    one: figuresOf(one),
    two: {
      ...figuresOf(two),
      shares: two.nodes.map((node) => rounded(node.copies / copies, 3)),
      cpu_ratio: rounded(cpuSeconds(two) / cpuSeconds(one), 3),
      time_ratio: rounded(two.seconds / one.seconds, 3),
    },
    kills,
    rounds: options.rounds,
    rounds_cpu_ratio: twos.map((measured, n) => rounded(cpuSeconds(measured) / cpuSeconds(ones[n]!), 3)),
    machine: await describeMachine(urls),
    commit: await commit(),
    date: new Date().toISOString(),
  };
}

function figuresOf(measured: Measured): RunFigures {
  const { seconds, nodes } = measured;
  const copies = total(measured, (node) => node.copies);
  return {
    seconds: rounded(seconds, 3),
    copies_per_s: rounded(copies / seconds, 1),
    copies,
    cpu_s: nodes.map(({ cpuSeconds }) => rounded(cpuSeconds, 2)),
    chunks: total(measured, (node) => node.chunks),
    chunks_taken: total(measured, (node) => node.chunksTaken),
  };
}

function total({ nodes }: Measured, of: (node: Measured['nodes'][number]) => number): number {
  return nodes.reduce((sum, node) => sum + of(node), 0);
}
