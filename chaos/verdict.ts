import { pause } from '../core/retry.ts';
import {
  agentDifferences,
  hostsIn,
  readObservations,
  resurrections,
  storedCells,
  untilSettled,
} from './judge.ts';
import { isBack } from './model/ledger.ts';
import type { Sightings } from './model/sightings.ts';
import type { CommonFigures } from './result.ts';
import { observationsFile } from './testbed/agents.ts';
import type { Testbed } from './testbed/testbed.ts';
import type { World } from './workload/world.ts';
import type { Workload } from './workload/workload.ts';

export interface Verdict {
  readonly figures: CommonFigures;
  /** What is wrong, one line each. */
  readonly findings: readonly string[];
}

export interface Played {
  readonly seed: number;
  readonly agents: number;
  readonly workers: number;
  readonly dir: string;
  readonly testbed: Testbed;
  readonly world: World;
  readonly workload: Workload;
  readonly sightings: Sightings;
  readonly report: (line: string) => void;
}

const SETTLE_MS = 120_000;
/** What has settled has to stay so. */
const STAY_MS = 3_000;

/** Waits for everything to settle, then compares what was acknowledged, what is stored, and what agents hold and held. */
export async function verdict(played: Played): Promise<Verdict> {
  const { seed, agents, workers, dir, testbed, world, workload, sightings, report } = played;
  const { counts, ledger } = workload;
  const settleMs = await untilSettled(testbed.store, testbed.agents, SETTLE_MS);
  report(settleMs === undefined ? 'it did not settle' : `settled after ${Math.round(settleMs)} ms`);
  await pause(STAY_MS);
  const differing = await agentDifferences(testbed.store, testbed.agents);
  const losses = ledger.losses(await storedCells(testbed.store, world.vpcIds));
  const files = Array.from({ length: workers }, (_, n) => observationsFile(dir, n));
  const observed = await readObservations(files);
  const returned = await resurrections(testbed.store, [...observed.returns(), ...sightings.returns()]);
  const figures: CommonFigures = {
    seed,
    writes_acknowledged: counts.acknowledged,
    deletes_acknowledged: counts.deletes,
    writes_lost: losses.length,
    agents,
    agents_differing: hostsIn(differing).size,
    resurrected: returned.length + losses.filter(isBack).length,
    rolled_back: observed.rollbacks.length,
    settle_ms: settleMs === undefined ? null : Math.round(settleMs),
  };
  const findings = [
    ...differing,
    ...losses.map(
      ({ cell, stored, allowed }) =>
        `${cell} is ${JSON.stringify(stored ?? null)} in the store, not ${JSON.stringify(allowed)}`,
    ),
    ...returned.map(
      ({ host, scope, key, after }) => `${host} had ${key} of ${scope} after its deletion, at ${after}`,
    ),
    ...observed.rollbacks.map(
      ({ host, scope, durable, started }) =>
        `${host} had ${scope} durable at ${durable} and started at ${started}`,
    ),
  ];
  return { figures, findings };
}
