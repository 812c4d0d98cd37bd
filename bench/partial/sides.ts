import { setTimeout as delay } from 'node:timers/promises';
import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { until } from '../../local/until.ts';
import { monotonicMs } from '../monotonic.ts';
import { secondsByName } from '../processor-time.ts';
import type { Watched } from '../processor-time.ts';
import { BARE_REVISION } from './bare.ts';
import type { BareProducer } from './bare.ts';
import type { Copies, CopiesLog } from './copies-log.ts';
import type { PartialVpc } from './vpc.ts';

/** Some bursts of one side. */
export interface Round {
  /** That the audience got, with something in them. */
  readonly copies: number;
  readonly empty: number;
  readonly bytes: number;
  /** From the first call, or send, of each burst until its last copy came in. */
  readonly seconds: number;
  /** Processor time by program, from the first call until everything was quiet. */
  readonly processor: Readonly<Record<string, number>>;
}

export interface SidesOptions {
  readonly client: ControlClient;
  readonly vpc: PartialVpc;
  readonly log: CopiesLog;
  readonly bare: BareProducer;
  readonly processes: readonly Watched[];
  readonly bursts: number;
  readonly signal: AbortSignal;
}

const PATIENCE_MS = 120_000;
/** Hosts report within a second what nobody waits for; then their windows are empty again. */
const QUIET_MS = 1_500;
const LOOK_MS = 100;
const NOTHING: Copies = { copies: 0, bytes: 0, lastAtMs: 0, empty: 0 };

/** What is compared: changes by the API of a group of the audience, and messages of a bare producer to the same hosts. */
export class Sides {
  readonly #options: SidesOptions;
  #revision = 0;
  #changes = 0;

  constructor(options: SidesOptions) {
    this.#options = options;
  }

  /** Each burst so many changes, one after the other. */
  platform(changes: number): Promise<Round> {
    const { client, vpc, log } = this.#options;
    const { groupId: id, audience } = vpc;
    return this.#round(async () => {
      const beganAtMs = monotonicMs();
      const after = this.#revision;
      for (let n = 0; n < changes; n++) {
        const securityGroup = { id, description: `change ${this.#changes++}` };
        const updateMask = { paths: ['description'] };
        ({ revision: this.#revision } = await client.updateSecurityGroup({ securityGroup, updateMask }));
      }
      const through = this.#revision;
      await this.#until(() => log.between(through - 1, through).copies >= audience.length);
      await this.#quiet();
      return { beganAtMs, seen: log.between(after, through) };
    });
  }

  /** Each burst so many messages for each host of the audience. */
  bare(times: number, payloadBytes: number): Promise<Round> {
    const { vpc, log, bare } = this.#options;
    const seen = (): Copies => log.between(BARE_REVISION - 1, BARE_REVISION);
    return this.#round(async () => {
      const before = seen();
      const beganAtMs = await bare.send(times, payloadBytes);
      await this.#until(() => seen().copies >= before.copies + times * vpc.audience.length);
      await this.#quiet();
      const after = seen();
      const { lastAtMs } = after;
      const [copies, bytes] = [after.copies - before.copies, after.bytes - before.bytes];
      return { beganAtMs, seen: { copies, bytes, lastAtMs, empty: 0 } };
    });
  }

  async #round(burst: () => Promise<{ beganAtMs: number; seen: Copies }>): Promise<Round> {
    const { bursts, processes } = this.#options;
    const before = secondsByName(processes);
    const sum = { copies: 0, empty: 0, bytes: 0, seconds: 0 };
    for (let n = 0; n < bursts; n++) {
      const { beganAtMs, seen } = await burst();
      sum.copies += seen.copies;
      sum.empty += seen.empty;
      sum.bytes += seen.bytes;
      sum.seconds += (seen.lastAtMs - beganAtMs) / 1_000;
    }
    const processor = Object.fromEntries(
      Object.entries(secondsByName(processes)).map(([name, used]) => [name, used - (before[name] ?? 0)]),
    );
    return { ...sum, processor };
  }

  /** Nothing came in for a while. */
  async #quiet(): Promise<void> {
    const { log, signal } = this.#options;
    let last = NOTHING;
    for (let quietMs = 0; quietMs < QUIET_MS; quietMs += LOOK_MS) {
      await delay(LOOK_MS, undefined, { signal });
      const now = log.between(0, Infinity);
      if (now.copies !== last.copies || now.empty !== last.empty) quietMs = 0;
      last = now;
    }
  }

  async #until(condition: () => boolean): Promise<void> {
    const { signal } = this.#options;
    await until(() => {
      signal.throwIfAborted();
      return condition();
    }, PATIENCE_MS);
  }
}
