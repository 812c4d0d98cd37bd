import type { AppliedLog } from '../applied-log.ts';
import type { Write } from '../vpc-writes.ts';

/** From the answer to the call, when the change was committed, to applied and durable: one for each change and host. */
export interface ApplyTimes {
  /** Where a change was not applied until the end: the time until then, so at least that. */
  readonly samples: readonly number[];
  readonly unapplied: number;
  /** Hosts that lacked a change for {@link FROZEN_MS} at the end. */
  readonly frozen: number;
}

/** Longer than anything takes that is only slow here. */
export const FROZEN_MS = 10_000;

/** `writes` in the order of their revisions. */
export function applyTimes(
  log: AppliedLog,
  writes: readonly Write[],
  hosts: readonly { readonly id: string }[],
  endMs: number,
): ApplyTimes {
  const samples: number[] = [];
  let unapplied = 0;
  let frozen = 0;
  for (const { id } of hosts) {
    let next = 0;
    let lackedMs = 0;
    for (const { vpcId, revision, answeredAtMs } of writes) {
      const applied = log.of(vpcId, id);
      while (next < applied.length && applied[next]!.revision < revision) next++;
      const found = applied[next];
      if (found === undefined) {
        unapplied++;
        lackedMs = Math.max(lackedMs, endMs - answeredAtMs);
      }
      // What is told by another process can be a little older than the answer.
      samples.push(Math.max(0, (found?.atMs ?? endMs) - answeredAtMs));
    }
    if (lackedMs >= FROZEN_MS) frozen++;
  }
  return { samples, unapplied, frozen };
}

/** Of two parts of a run, looked at as one. */
export function together(one: ApplyTimes, other: ApplyTimes): ApplyTimes {
  return {
    samples: [...one.samples, ...other.samples],
    unapplied: one.unapplied + other.unapplied,
    frozen: Math.max(one.frozen, other.frozen),
  };
}
