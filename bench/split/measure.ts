import type { ServiceUrls } from '../../scripts/services/up.ts';
import type { Program } from '../../scripts/stack/deployment.ts';
import type { Surroundings } from '../experiment.ts';
import { infraCounters } from '../infra-counters.ts';
import { nowMs } from '../open-loop.ts';
import { secondsOf } from '../processor-time.ts';
import { deploy } from './deployed.ts';
import type { SplitOptions } from './options.ts';

/** What one node did in the measured part. */
export interface NodeFigures {
  readonly copies: number;
  readonly cpuSeconds: number;
  /** Chunks that it offered, and chunks of the other that it did. */
  readonly chunks: number;
  readonly chunksTaken: number;
}

export interface Measured {
  readonly seconds: number;
  readonly nodes: readonly NodeFigures[];
}

/** The same tasks by so many nodes, all of them new. */
export async function measure(
  round: number,
  infraNodes: number,
  options: SplitOptions,
  services: ServiceUrls,
  surroundings: Surroundings,
): Promise<Measured> {
  const { signal, phase } = surroundings;
  const name = `${round}. ${infraNodes === 1 ? 'one node' : `${infraNodes} nodes`}`;
  const deployed = await deploy(name, infraNodes, options, services, surroundings);
  const { infraNodes: programs, vpc } = deployed;
  const change = (count: number, title: string): Promise<void> =>
    phase(`${name}: ${title}`, count, async (step) => {
      for (let n = 0; n < count; n++) {
        await vpc.change(signal);
        step();
      }
    });
  await change(options.warmUps, 'warm-up');
  const [before, beganMs] = [await figuresOf(programs), nowMs()];
  await change(options.tasks, 'changes');
  const [after, endedMs] = [await figuresOf(programs), nowMs()];
  await deployed.stop();
  return {
    seconds: (endedMs - beganMs) / 1_000,
    nodes: after.map((figures, n) => sum(figures, before[n]!, -1)),
  };
}

/** Of the same number of nodes, in several rounds. */
export function together(one: Measured, other: Measured): Measured {
  return {
    seconds: one.seconds + other.seconds,
    nodes: one.nodes.map((figures, n) => sum(figures, other.nodes[n]!, 1)),
  };
}

function figuresOf(programs: readonly Program[]): Promise<NodeFigures[]> {
  return Promise.all(
    programs.map(async (program) => {
      const counters = await infraCounters(program, ['copies', 'chunks', 'chunks_taken']);
      const { copies, chunks, chunks_taken: chunksTaken } = counters;
      return { copies, chunks, chunksTaken, cpuSeconds: secondsOf(program.process.pid) };
    }),
  );
}

function sum(one: NodeFigures, other: NodeFigures, factor: 1 | -1): NodeFigures {
  return {
    copies: one.copies + factor * other.copies,
    cpuSeconds: one.cpuSeconds + factor * other.cpuSeconds,
    chunks: one.chunks + factor * other.chunks,
    chunksTaken: one.chunksTaken + factor * other.chunksTaken,
  };
}
