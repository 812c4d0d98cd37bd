import { pause } from '../../core/retry.ts';
import { Ledger } from '../model/ledger.ts';
import type { Outcome } from './call.ts';
import { chooseOperation } from './choose.ts';
import type { Operation } from './operation.ts';
import type { World } from './world.ts';

export interface WorkloadOptions {
  /** Carries a write out and answers with what came of it. */
  readonly call: (operation: Operation, requestId: string, number: number) => Promise<Outcome>;
  readonly world: World;
  /** Writes that are under way at a time, and begun per second; at most. */
  readonly callers: number;
  readonly perSecond: number;
  /** Whether something is at work that makes writing hard. */
  readonly isDisturbed: () => boolean;
  readonly report: (line: string) => void;
}

export interface WorkloadCounts {
  acknowledged: number;
  deletes: number;
  whileDisturbed: number;
  refused: number;
  unknown: number;
}

const NOTHING_TO_DO_MS = 5;

/** Random writes by several callers, each written into the ledger before it is sent and when its end is known. */
export class Workload {
  readonly ledger = new Ledger();
  readonly counts: WorkloadCounts = {
    acknowledged: 0,
    deletes: 0,
    whileDisturbed: 0,
    refused: 0,
    unknown: 0,
  };
  /** Acknowledged, by operation. */
  readonly byName = new Map<string, number>();
  readonly #options: WorkloadOptions;
  #nextAtMs = 0;
  #nextRequest = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  /** Until the signal; resolves when the end of every write is known. */
  async run(signal: AbortSignal): Promise<void> {
    this.#nextAtMs = performance.now();
    await Promise.all(Array.from({ length: this.#options.callers }, () => this.#runCaller(signal)));
  }

  async #runCaller(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#untilNext();
      let operation: Operation | undefined;
      while (operation === undefined) {
        if (signal.aborted) return;
        operation = chooseOperation(this.#options.world);
        if (operation === undefined) await pause(NOTHING_TO_DO_MS);
      }
      await this.#carryOut(operation);
    }
  }

  /** Keeps the rate. What was missed while nothing could be written is made up for within a second only. */
  async #untilNext(): Promise<void> {
    const now = performance.now();
    this.#nextAtMs = Math.max(this.#nextAtMs, now - 1_000) + 1_000 / this.#options.perSecond;
    if (this.#nextAtMs > now) await pause(this.#nextAtMs - now);
  }

  async #carryOut(operation: Operation): Promise<void> {
    const { call, isDisturbed, report } = this.#options;
    const { name, vpc, thing, changes } = operation;
    thing.isBusy = true;
    vpc.underWay++;
    const attempt = this.ledger.begin(changes);
    const number = ++this.#nextRequest;
    const outcome = await call(operation, `chaos-${number}`, number);
    switch (outcome.kind) {
      case 'acknowledged':
        attempt.acknowledged();
        operation.done();
        this.counts.acknowledged++;
        if (operation.deletes) this.counts.deletes++;
        if (isDisturbed()) this.counts.whileDisturbed++;
        this.byName.set(name, (this.byName.get(name) ?? 0) + 1);
        break;
      case 'refused':
        attempt.refused();
        operation.undone?.();
        this.counts.refused++;
        report(`${name} ${thing.id} was refused: ${outcome.error.code}, ${outcome.error.message}`);
        break;
      case 'unknown':
        // Nobody writes to it any more: an earlier attempt may take effect at any time.
        this.counts.unknown++;
        report(`${name} ${thing.id} may have happened: ${outcome.error.code}, ${outcome.error.message}`);
        break;
    }
    if (outcome.kind !== 'unknown') {
      thing.isBusy = false;
      vpc.underWay--;
    }
    operation.ended?.();
  }
}
