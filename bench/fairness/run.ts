import type { Surroundings } from '../experiment.ts';
import { together } from '../isolation/apply-times.ts';
import type { ApplyTimes } from '../isolation/apply-times.ts';
import { timesFigures } from '../isolation/figures.ts';
import type { TimesFigures } from '../isolation/figures.ts';
import { Parts } from '../isolation/parts.ts';
import { openWorld } from '../isolation/world.ts';
import { commit, describeMachine } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { openServices } from '../services.ts';
import { inOrder, percentile, rounded } from '../statistics.ts';
import type { FairnessOptions } from './options.ts';

export interface FairnessFigures {
  readonly experiment: 'fairness';
  /** From the answer to the call until a change of the quiet VPC is applied on a host of it; all rounds together. */
  readonly alone: TimesFigures;
  readonly beside_busy: TimesFigures;
  readonly ratio_p50: number;
  readonly ratio_p99: number;
  /** Of each round by itself. */
  readonly rounds_ratio_p99: readonly number[];
  readonly busy_hosts: number;
  readonly quiet_hosts: number;
  readonly quiet_per_s: number;
  /** Changes of the busy VPC that reach each of its hosts per second, when more is written than can be. */
  readonly saturation_per_s: number;
  readonly busy_per_s: number;
  /** Both together, in what reaches a host of the busy VPC at saturation. */
  readonly load: number;
  /** Times at evenly spread shares of all, for a picture. */
  readonly quantiles: { readonly alone: readonly number[]; readonly beside_busy: readonly number[] };
  readonly machine: Machine;
  readonly commit: string;
  readonly date: string;
}

/** Of the saturation. */
const LOAD = 0.5;
const QUANTILES = 200;
const NOBODY_FAILS = { killed: 0, stopped: 0, first: 0, perProcess: 1 };

export async function runFairness(
  options: FairnessOptions,
  surroundings: Surroundings,
): Promise<FairnessFigures> {
  const { dir, cleanup, once } = surroundings;
  const { busyHosts, quietHosts, quietRate, seconds } = options;
  const services = await once('Pulsar and Redis', async () =>
    cleanup.add(await openServices(dir, {}), (opened) => opened.stop()),
  );
  const size = { ...options, agents: busyHosts + quietHosts, lane: 'fan-out' } as const;
  const world = await openWorld('fairness', size, NOBODY_FAILS, services.urls, {}, surroundings);
  const parts = new Parts('fairness', world, surroundings);
  const busyAgents = world.others.slice(0, busyHosts);
  const quietAgents = world.others.slice(busyHosts);
  const busy = await parts.vpcOf(busyAgents);
  const quiet = await parts.vpcOf(quietAgents, 'copies');
  const saturation = (await parts.copyRate(busy, busyAgents)) / busyHosts;
  const quietLoad = (quietRate * quietHosts) / busyHosts;
  const calm = { vpc: quiet, ratePerSecond: quietRate };
  const burst = { vpc: busy, ratePerSecond: Math.max(1, saturation * LOAD - quietLoad) };
  const part = async (title: string, loads: (typeof calm)[]): Promise<ApplyTimes> => {
    const [writes = []] = await parts.write(title, loads, seconds);
    const times = await parts.times(writes, quietAgents);
    // What the busy VPC is still owed must not be in the next part.
    await parts.settle(busy, busyAgents);
    return times;
  };
  const rounds: { alone: ApplyTimes; beside: ApplyTimes }[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    const alone = await part(`${round}. the quiet VPC alone`, [calm]);
    rounds.push({ alone, beside: await part(`${round}. beside the busy one`, [calm, burst]) });
  }
  const alone = rounds.map((round) => round.alone).reduce(together);
  const beside = rounds.map((round) => round.beside).reduce(together);
  const [figuresAlone, figuresBeside] = [timesFigures(alone), timesFigures(beside)];
  return {
    experiment: 'fairness',
    alone: figuresAlone,
    beside_busy: figuresBeside,
    ratio_p50: rounded(figuresBeside.p50_ms / figuresAlone.p50_ms, 2),
    ratio_p99: rounded(figuresBeside.p99_ms / figuresAlone.p99_ms, 2),
    rounds_ratio_p99: rounds.map((round) =>
      rounded(timesFigures(round.beside).p99_ms / timesFigures(round.alone).p99_ms, 2),
    ),
    busy_hosts: busyHosts,
    quiet_hosts: quietHosts,
    quiet_per_s: quietRate,
    saturation_per_s: rounded(saturation, 1),
    busy_per_s: rounded(burst.ratePerSecond, 1),
    load: rounded((burst.ratePerSecond + quietLoad) / saturation, 2),
    quantiles: { alone: quantilesOf(alone), beside_busy: quantilesOf(beside) },
    machine: await describeMachine(services.urls),
    commit: await commit(),
    date: new Date().toISOString(),
  };
}

function quantilesOf({ samples }: ApplyTimes): number[] {
  const ascending = inOrder(samples);
  return Array.from({ length: QUANTILES }, (_, n) => rounded(percentile(ascending, (n + 1) / QUANTILES), 2));
}
