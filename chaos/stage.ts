import { openControlClient } from '../adapters/grpc/client.ts';
import { seeded } from '../bench/random.ts';
import { pause } from '../core/retry.ts';
import { until } from '../local/until.ts';
import { Sightings } from './model/sightings.ts';
import { holdingsOf, hostNames } from './testbed/agents.ts';
import { startTestbed } from './testbed/testbed.ts';
import type { Testbed, TestbedOptions } from './testbed/testbed.ts';
import { verdict } from './verdict.ts';
import type { Verdict } from './verdict.ts';
import { World } from './workload/world.ts';
import { Workload } from './workload/workload.ts';
import type { WorkloadCounts, WorkloadOptions } from './workload/workload.ts';

export interface StageOptions extends Omit<TestbedOptions, 'dir' | 'hosts'> {
  readonly seed: number;
  readonly agents: number;
  /** Writes begun per second, at most. */
  readonly rate: number;
}

export type Report = (line: string) => void;

const REGISTER_MS = 120_000;
const PROGRESS_MS = 10_000;
/** From one look at what agents hold to the next, for so many agents; with more of them as much more, since each look is work. */
const LOOK = { ms: 3_000, agents: 40 };

/** A whole deployment, the random writes to it, and what is known of both. */
export class Stage {
  readonly testbed: Testbed;
  readonly world: World;
  readonly #options: StageOptions;
  readonly #dir: string;
  readonly #report: Report;

  private constructor(options: StageOptions, dir: string, report: Report, testbed: Testbed, world: World) {
    this.#options = options;
    this.#dir = dir;
    this.#report = report;
    this.testbed = testbed;
    this.world = world;
  }

  /** Everything is started and every host registered. */
  static async open(options: StageOptions, dir: string, report: Report): Promise<Stage> {
    report(`starting everything in ${dir}`);
    const hosts = hostNames(options.agents);
    const testbed = await startTestbed({ ...options, dir, hosts });
    try {
      await untilRegistered(testbed, hosts.length);
    } catch (error) {
      await testbed.stop();
      throw error;
    }
    const world = new World(`s${options.seed}`, hosts, seeded(options.seed + 1));
    return new Stage(options, dir, report, testbed, world);
  }

  /** Writes for as long as something else takes, looking at all agents again and again; then says what is wrong. */
  async play(
    how: Pick<WorkloadOptions, 'call' | 'callers' | 'isDisturbed'>,
    meanwhile: (counts: Readonly<WorkloadCounts>) => Promise<void>,
  ): Promise<{ readonly workload: Workload; readonly verdict: Verdict }> {
    const { world, testbed } = this;
    const report = this.#report;
    const workload = new Workload({ ...how, world, perSecond: this.#options.rate, report });
    const sightings = new Sightings((cell) => workload.ledger.isGone(cell));
    const watching = watch(testbed, sightings, LOOK.ms * Math.max(1, this.#options.agents / LOOK.agents));
    try {
      await this.#write(workload, () => meanwhile(workload.counts));
    } finally {
      await watching.stop();
    }
    const { counts, byName } = workload;
    report(`writes are over: ${JSON.stringify({ ...counts, ...Object.fromEntries(byName) })}`);
    const { seed, agents, workers } = this.#options;
    const about = { seed, agents, workers, dir: this.#dir, testbed, world, workload, sightings, report };
    return { workload, verdict: await verdict(about) };
  }

  close(): Promise<void> {
    return this.testbed.stop();
  }

  async #write(workload: Workload, meanwhile: () => Promise<void>): Promise<void> {
    const end = new AbortController();
    const { counts } = workload;
    const progress = setInterval(() => {
      this.#report(`${counts.acknowledged} writes acknowledged, ${counts.deletes} of them deletes`);
    }, PROGRESS_MS);
    const writing = workload.run(end.signal);
    try {
      await meanwhile();
      end.abort();
      await writing;
    } finally {
      end.abort();
      clearInterval(progress);
    }
  }
}

async function untilRegistered({ addresses }: Testbed, count: number): Promise<void> {
  const client = openControlClient({ addresses });
  try {
    await until(async () => {
      const { hosts } = await client.listHosts({ pageSize: 1_000 });
      return hosts.length === count;
    }, REGISTER_MS);
  } finally {
    client.close();
  }
}

function watch(testbed: Testbed, sightings: Sightings, everyMs: number): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      for (const worker of testbed.agents) {
        for (const holding of await holdingsOf(worker)) sightings.look(holding);
      }
      await pause(everyMs, stopped.signal).catch(() => undefined);
    }
  })();
  return {
    stop: () => {
      stopped.abort();
      return watching;
    },
  };
}
