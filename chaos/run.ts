import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openControlClient } from '../adapters/grpc/client.ts';
import type { ControlClient } from '../adapters/grpc/methods.ts';
import { seeded } from '../bench/random.ts';
import { pause } from '../core/retry.ts';
import { until } from '../local/until.ts';
import { Faults } from './faults/run-plan.ts';
import {
  agentDifferences,
  hostsIn,
  readObservations,
  resurrections,
  storedCells,
  untilSettled,
} from './judge.ts';
import { isBack } from './model/ledger.ts';
import { Sightings } from './model/sightings.ts';
import type { ChaosOptions } from './options.ts';
import { resultOf } from './result.ts';
import type { Result } from './result.ts';
import { planFaults } from './schedule/plan.ts';
import { holdingsOf, hostNames, observationsFile } from './testbed/agents.ts';
import { startTestbed } from './testbed/testbed.ts';
import type { Testbed } from './testbed/testbed.ts';
import { World } from './workload/world.ts';
import { Workload } from './workload/workload.ts';

export interface Run {
  readonly result: Result;
  /** What is wrong, one line each. */
  readonly findings: readonly string[];
}

const CALLERS = 16;
const REGISTER_MS = 60_000;
const SETTLE_MS = 120_000;
/** What has settled has to stay so. */
const STAY_MS = 3_000;
const PROGRESS_MS = 10_000;
const LOOK_MS = 3_000;

/** One run in a directory of its own. `report` gets the progress. */
export async function runChaos(
  options: ChaosOptions,
  dir: string,
  report: (line: string) => void,
): Promise<Run> {
  const hosts = hostNames(options.agents);
  report(`starting everything in ${dir}`);
  const testbed = await startTestbed({ ...options, dir, hosts });
  // Without repeats of its own: the workload has to know of each attempt.
  const clients = testbed.addresses.map((address) =>
    openControlClient({ addresses: address, retry: { attempts: 1 } }),
  );
  try {
    await untilRegistered(clients, hosts.length);
    const faults = new Faults(testbed, report);
    const world = new World(`s${options.seed}`, hosts, seeded(options.seed + 1));
    const workload = new Workload({
      clients,
      world,
      callers: CALLERS,
      perSecond: options.rate,
      isFaulty: () => faults.areAtWork,
      report,
    });
    const sightings = new Sightings((cell) => workload.ledger.isGone(cell));
    const watching = watch(testbed, sightings);
    try {
      await writeUnderFaults(options, faults, workload, report);
    } finally {
      await watching.stop();
    }
    return await judge(options, dir, testbed, { faults, world, workload, sightings, report });
  } finally {
    for (const client of clients) client.close();
    await testbed.stop();
  }
}

async function untilRegistered([client]: readonly ControlClient[], count: number): Promise<void> {
  await until(async () => {
    const { hosts = [] } = (await client?.listHosts({ pageSize: 1_000 })) ?? {};
    return hosts.length === count;
  }, REGISTER_MS);
}

async function writeUnderFaults(
  { seed, minutes }: ChaosOptions,
  faults: Faults,
  workload: Workload,
  report: (line: string) => void,
): Promise<void> {
  const end = new AbortController();
  const { counts } = workload;
  const progress = setInterval(() => {
    report(`${counts.acknowledged} writes acknowledged, ${counts.deletes} of them deletes`);
  }, PROGRESS_MS);
  const writing = workload.run(end.signal);
  try {
    await Promise.all([faults.run(planFaults(seed, minutes)), pause(minutes * 60_000)]);
    end.abort();
    await writing;
  } finally {
    end.abort();
    clearInterval(progress);
  }
}

/** Looks at all agents again and again. */
function watch(testbed: Testbed, sightings: Sightings): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      for (const worker of testbed.agents) {
        for (const holding of await holdingsOf(worker)) sightings.look(holding);
      }
      await pause(LOOK_MS, stopped.signal).catch(() => undefined);
    }
  })();
  return {
    stop: () => {
      stopped.abort();
      return watching;
    },
  };
}

interface Done {
  readonly sightings: Sightings;
  readonly faults: Faults;
  readonly world: World;
  readonly workload: Workload;
  readonly report: (line: string) => void;
}

async function judge(
  { seed, minutes, agents, workers }: ChaosOptions,
  dir: string,
  testbed: Testbed,
  { faults, world, workload, sightings, report }: Done,
): Promise<Run> {
  const { counts, byName, ledger } = workload;
  report(`writes and faults are over: ${JSON.stringify({ ...counts, ...Object.fromEntries(byName) })}`);
  const settleMs = await untilSettled(testbed.store, testbed.agents, SETTLE_MS);
  report(settleMs === undefined ? 'it did not settle' : `settled after ${Math.round(settleMs)} ms`);
  await pause(STAY_MS);
  const differing = await agentDifferences(testbed.store, testbed.agents);
  const losses = ledger.losses(await storedCells(testbed.store, world.vpcIds));
  const files = Array.from({ length: workers }, (_, n) => observationsFile(dir, n));
  const observed = await readObservations(files);
  const returned = await resurrections(testbed.store, [...observed.returns(), ...sightings.returns()]);
  const result = resultOf({
    seed,
    minutes,
    faults: faults.done,
    writes_acknowledged: counts.acknowledged,
    deletes_acknowledged: counts.deletes,
    writes_during_faults: counts.duringFaults,
    writes_lost: losses.length,
    agents,
    agents_differing: hostsIn(differing).size,
    resurrected: returned.length + losses.filter(isBack).length,
    rolled_back: observed.rollbacks.length,
    settle_ms: settleMs === undefined ? null : Math.round(settleMs),
  });
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
  await writeFile(join(dir, 'result.json'), `${JSON.stringify({ result, findings }, undefined, 2)}\n`);
  return { result, findings };
}
