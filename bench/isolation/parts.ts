import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../local/until.ts';
import type { BenchHost } from '../agents-messages.ts';
import type { Surroundings } from '../experiment.ts';
import { joinVpc, makeVpcs } from '../network.ts';
import type { Vpc } from '../network.ts';
import { nowMs } from '../open-loop.ts';
import { writeOnce, writeSteadily } from '../vpc-writes.ts';
import type { Write } from '../vpc-writes.ts';
import { applyTimes, FROZEN_MS } from './apply-times.ts';
import type { ApplyTimes } from './apply-times.ts';
import type { World } from './world.ts';

const PATIENCE_MS = 180_000;
const WRITERS = 4;
/** Until the dispatcher is behind for good. */
const RAMP_MS = 2_000;
const SATURATION_MS = 10_000;

/** What the parts of the experiment are made of, in one world. */
export class Parts {
  readonly #name: string;
  readonly #world: World;
  readonly #surroundings: Surroundings;

  constructor(name: string, world: World, surroundings: Surroundings) {
    this.#name = name;
    this.#world = world;
    this.#surroundings = surroundings;
  }

  /** Resolves when the hosts, all of which are alive, hold all of it. */
  async vpcOf(hosts: readonly BenchHost[], lane = this.#world.lane): Promise<Vpc> {
    const { client } = this.#world;
    const [vpc] = await makeVpcs(client, 1, () => undefined);
    await this.join(vpc!, hosts);
    if (lane === 'fan-out') {
      const wish = { id: vpc!.id, multicastMode: 'MULTICAST_MODE_FAN_OUT' } as const;
      await client.updateVpc({ vpc: wish, updateMask: { paths: ['multicast_mode'] } });
    }
    await this.settle(vpc!, hosts);
    return vpc!;
  }

  /** Resolves when each of the hosts, all of which are alive, has its snapshot. */
  async join(vpc: Vpc, hosts: readonly BenchHost[]): Promise<void> {
    const { client, log } = this.#world;
    await this.#phase(`${hosts.length} hosts join`, hosts.length, async (step) => {
      await joinVpc(client, vpc, hosts, step);
      await until(() => this.#isStopped || log.reached(vpc.id, hosts, 1) === hosts.length, PATIENCE_MS);
    });
  }

  /** Resolves when the hosts hold all that was written until now. */
  async settle(vpc: Vpc, hosts: readonly BenchHost[]): Promise<void> {
    const missing = await this.catchUp(vpc, hosts, PATIENCE_MS);
    if (missing > 0) throw new Error(`${missing} of ${hosts.length} hosts did not settle`);
  }

  /** The number of hosts that do not hold, in the end, what was written until now. */
  async catchUp(vpc: Vpc, hosts: readonly BenchHost[], patienceMs: number): Promise<number> {
    const { client, log } = this.#world;
    return this.#once('applied on every host', async () => {
      const revision = await writeOnce(client, vpc.id, 0);
      const missing = (): number => hosts.length - log.reached(vpc.id, hosts, revision);
      await until(() => this.#isStopped || missing() === 0, patienceMs).catch(() => undefined);
      return missing();
    });
  }

  /** Copies that all hosts together apply per second while more is to be done than they can. */
  async copyRate(vpc: Vpc, hosts: readonly BenchHost[]): Promise<number> {
    const { client, log } = this.#world;
    let isDone = false;
    const write = async (n: number): Promise<void> => {
      while (!isDone && !this.#isStopped) await writeOnce(client, vpc.id, (n += WRITERS));
    };
    const rate = await this.#once('as many copies as it can', async () => {
      const writing = Promise.all(Array.from({ length: WRITERS }, (_, n) => write(n)));
      await this.#pause(RAMP_MS);
      const before = { count: log.count, atMs: nowMs() };
      await this.#pause(SATURATION_MS);
      const copies = (log.count - before.count) / ((nowMs() - before.atMs) / 1_000);
      isDone = true;
      await writing;
      return copies;
    });
    await this.settle(vpc, hosts);
    return rate;
  }

  /** Changes at steady rates, of several VPCs side by side; resolves when all calls are answered. */
  write(
    title: string,
    loads: readonly { readonly vpc: Vpc; readonly ratePerSecond: number }[],
    seconds: number,
  ): Promise<Write[][]> {
    return this.#once(title, () =>
      Promise.all(
        loads.map(({ vpc, ratePerSecond }) =>
          writeSteadily(this.#world.client, [vpc.id], {
            ratePerSecond,
            count: Math.ceil(seconds * ratePerSecond),
            signal: this.#surroundings.signal,
          }),
        ),
      ),
    );
  }

  /** When the last of the writes, all of one VPC, is applied on the hosts, or known not to be. */
  async times(writes: readonly Write[], hosts: readonly BenchHost[]): Promise<ApplyTimes> {
    const { log } = this.#world;
    const last = writes.at(-1);
    if (last === undefined) throw new Error('nothing was written');
    const endMs = last.answeredAtMs + FROZEN_MS;
    const isApplied = (): boolean => log.reached(last.vpcId, hosts, last.revision) === hosts.length;
    await until(() => this.#isStopped || nowMs() >= endMs || isApplied(), 2 * FROZEN_MS);
    return applyTimes(log, writes, hosts, nowMs());
  }

  get #isStopped(): boolean {
    return this.#surroundings.signal.aborted;
  }

  #phase<T>(title: string, total: number, work: (step: () => void) => Promise<T>): Promise<T> {
    return this.#surroundings.phase(`${this.#name}: ${title}`, total, work);
  }

  #once<T>(title: string, work: () => Promise<T>): Promise<T> {
    return this.#surroundings.once(`${this.#name}: ${title}`, work);
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#surroundings.signal });
  }
}
