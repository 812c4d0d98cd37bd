import { mkdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { Cleanup } from '../cleanup.ts';
import type { Surroundings } from '../experiment.ts';
import { commit } from '../machine.ts';
import { seeded } from '../random.ts';
import { rounded } from '../statistics.ts';
import { designs } from './designs/all.ts';
import { figuresOf } from './figures.ts';
import type { Figures } from './figures.ts';
import { measurePoint } from './measure.ts';
import type { Measured } from './measure.ts';
import type { MulticastOptions } from './options.ts';
import { PAYLOAD_BYTES } from './payload.ts';
import { shuffled } from './shuffled.ts';

export type PointResult = { readonly hosts: number; readonly error?: string } & Partial<Figures>;

export interface MulticastResult {
  readonly experiment: 'multicast';
  readonly designs: Readonly<Record<string, { readonly points: readonly PointResult[] }>>;
  readonly payload_bytes: number;
  readonly rounds: number;
  readonly interval_ms: number;
  readonly processes: number;
  readonly hosts_per_partition: number;
  readonly hosts_per_connection: number;
  /** Of the machine, before and after. */
  readonly load_average: readonly [number, number];
  readonly commit: string;
  readonly date: string;
}

const SEED = 20_242;
const IDLE_MS = 3_000;

/** Each round takes the designs in another order, so that what else the machine does meets all of them. */
export async function runMulticast(
  options: MulticastOptions,
  surroundings: Surroundings,
): Promise<MulticastResult> {
  const random = seeded(SEED);
  const loadBefore = loadavg()[0]!;
  const outcomes = new Outcomes();
  for (let round = 1; round <= options.rounds; round++) {
    for (const design of shuffled(options.designs, random)) {
      await measureDesign(design, round, { options, surroundings, outcomes });
    }
  }
  return {
    experiment: 'multicast',
    designs: Object.fromEntries(
      options.designs.map((design) => [
        design,
        { points: options.hosts.map((hosts) => outcomes.result(design, hosts)) },
      ]),
    ),
    payload_bytes: PAYLOAD_BYTES,
    rounds: options.rounds,
    interval_ms: options.intervalMs,
    processes: options.processes,
    hosts_per_partition: options.hostsPerPartition,
    hosts_per_connection: options.hostsPerConnection,
    load_average: [rounded(loadBefore, 2), rounded(loadavg()[0]!, 2)],
    commit: await commit(),
    date: new Date().toISOString(),
  };
}

interface Run {
  readonly options: MulticastOptions;
  readonly surroundings: Surroundings;
  readonly outcomes: Outcomes;
}

/** What fails here is a finding; it ends the design for this round only. */
async function measureDesign(name: string, round: number, run: Run): Promise<void> {
  const { hosts, processes, hostsPerPartition, hostsPerConnection, messages, intervalMs } = run.options;
  const { once, signal } = run.surroundings;
  const cleanup = run.surroundings.cleanup.add(new Cleanup(), (inner) => inner.run());
  const dir = join(run.surroundings.dir, `${round}-${name}`);
  let reached = 0;
  try {
    const carrier = await once(`${round}. ${name}: start`, async () => {
      await mkdir(dir, { recursive: true });
      return cleanup.add(await designs.get(name)!.start({ dir }), (started) => started.stop());
    });
    for (const count of hosts) {
      reached = count;
      const point = { hosts: count, processes, hostsPerPartition, hostsPerConnection };
      const measured = await once(`${round}. ${name}: ${count} hosts`, () =>
        measurePoint(carrier, point, { messages, intervalMs, idleMs: IDLE_MS, signal }),
      );
      run.outcomes.measured(name, count, measured);
      // So that a long run that is stopped has not told nothing.
      process.stderr.write(`${name}: ${JSON.stringify({ hosts: count, ...figuresOf(count, [measured]) })}\n`);
    }
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${name}: ${reason}\n`);
    const larger = hosts.filter((count) => count >= reached);
    larger.forEach((count, n) => {
      run.outcomes.failed(
        name,
        count,
        n === 0 ? reason : `not tried, since ${reached} hosts failed: ${reason}`,
      );
    });
  } finally {
    await cleanup.run();
  }
}

class Outcomes {
  readonly #measured = new Map<string, Measured[]>();
  readonly #failures = new Map<string, Set<string>>();

  measured(design: string, hosts: number, measured: Measured): void {
    const key = `${design}/${hosts}`;
    this.#measured.set(key, [...(this.#measured.get(key) ?? []), measured]);
  }

  failed(design: string, hosts: number, reason: string): void {
    const key = `${design}/${hosts}`;
    this.#failures.set(key, (this.#failures.get(key) ?? new Set()).add(reason));
  }

  result(design: string, hosts: number): PointResult {
    const measured = this.#measured.get(`${design}/${hosts}`);
    const failures = this.#failures.get(`${design}/${hosts}`);
    return {
      hosts,
      ...(failures === undefined ? {} : { error: [...failures].join('; ') }),
      ...(measured === undefined ? {} : figuresOf(hosts, measured)),
    };
  }
}
