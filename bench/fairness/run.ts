import type { Surroundings } from '../experiment.ts';
import { timesFigures } from '../isolation/figures.ts';
import type { TimesFigures } from '../isolation/figures.ts';
import { Parts } from '../isolation/parts.ts';
import { openWorld } from '../isolation/world.ts';
import type { World } from '../isolation/world.ts';
import { commit, describeMachine } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { openServices } from '../services.ts';
import { rounded } from '../statistics.ts';
import type { FairnessOptions } from './options.ts';

export interface FairnessFigures {
  readonly experiment: 'fairness';
  /** From the answer to the call until a change of the quiet VPC is applied on a host of it. */
  readonly alone: TimesFigures;
  readonly beside_busy: TimesFigures;
  readonly ratio_p50: number;
  readonly ratio_p99: number;
  readonly busy_hosts: number;
  readonly quiet_hosts: number;
  /** Changes of the busy VPC that reach each of its hosts per second, when more is written than can be. */
  readonly saturation_per_s: number;
  readonly busy_per_s: number;
  readonly machine: Machine;
  readonly commit: string;
  readonly date: string;
}

/** Of the saturation; the quiet VPC adds next to nothing. */
const LOAD = 0.5;
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
  const world: World = await openWorld('fairness', size, NOBODY_FAILS, services.urls, {}, surroundings);
  const parts = new Parts('fairness', world, surroundings);
  const busyAgents = world.others.slice(0, busyHosts);
  const quietAgents = world.others.slice(busyHosts);
  const busy = await parts.vpcOf(busyAgents);
  const quiet = await parts.vpcOf(quietAgents);
  const saturation = (await parts.copyRate(busy, busyAgents)) / busyHosts;
  const calm = { vpc: quiet, ratePerSecond: quietRate };
  const burst = { vpc: busy, ratePerSecond: saturation * LOAD };
  const [before = []] = await parts.write('the quiet VPC alone', [calm], seconds);
  const alone = timesFigures(await parts.times(before, quietAgents));
  const [during = []] = await parts.write('beside the busy one', [calm, burst], seconds);
  const beside = timesFigures(await parts.times(during, quietAgents));
  return {
    experiment: 'fairness',
    alone,
    beside_busy: beside,
    ratio_p50: rounded(beside.p50_ms / alone.p50_ms, 2),
    ratio_p99: rounded(beside.p99_ms / alone.p99_ms, 2),
    busy_hosts: busyHosts,
    quiet_hosts: quietHosts,
    saturation_per_s: rounded(saturation, 1),
    busy_per_s: rounded(burst.ratePerSecond, 1),
    machine: await describeMachine(services.urls),
    commit: await commit(),
    date: new Date().toISOString(),
  };
}
