import { pause } from '../../core/retry.ts';
import { faultKinds, faultProfiles } from '../schedule/kinds.ts';
import type { FaultKind } from '../schedule/kinds.ts';
import type { PlannedFault } from '../schedule/plan.ts';
import type { Testbed } from '../testbed/testbed.ts';
import { carryOut, injectionOf } from './inject.ts';

/** Carries a plan out, track by track, and counts what was carried out. */
export class Faults {
  readonly done: Record<FaultKind, number>;
  readonly #testbed: Testbed;
  readonly #report: (line: string) => void;
  #atWork = 0;

  constructor(testbed: Testbed, report: (line: string) => void) {
    this.#testbed = testbed;
    this.#report = report;
    this.done = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  }

  /** True from a fault's beginning until what it struck is back. */
  get areAtWork(): boolean {
    return this.#atWork > 0;
  }

  /** Resolves when all is back. A fault whose track is still busy begins late. */
  async run(plan: readonly PlannedFault[]): Promise<void> {
    const beganMs = performance.now();
    const tracks = new Set(plan.map(({ kind }) => faultProfiles[kind].track));
    await Promise.all(
      [...tracks].map(async (track) => {
        for (const fault of plan) {
          if (faultProfiles[fault.kind].track !== track) continue;
          const waitMs = beganMs + fault.atMs - performance.now();
          if (waitMs > 0) await pause(waitMs);
          await this.#carryOut(fault);
        }
      }),
    );
  }

  async #carryOut(fault: PlannedFault): Promise<void> {
    const injection = injectionOf(this.#testbed, fault);
    const lasts = (fault.lastsMs / 1_000).toFixed(1);
    this.#report(`${fault.kind} ${injection.where} for ${lasts} s`);
    const beganMs = performance.now();
    this.#atWork++;
    await carryOut(injection, fault.lastsMs);
    this.#atWork--;
    this.done[fault.kind]++;
    const tookMs = performance.now() - beganMs - fault.lastsMs;
    this.#report(`${fault.kind} ${injection.where} is over, back after ${(tookMs / 1_000).toFixed(1)} s`);
  }
}
