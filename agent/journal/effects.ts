import { PlatformError } from '../../core/errors.ts';
import type { Effect } from '../state.ts';

/** One more is a change of the format: docs/agent.md says how it comes. */
export const effectKinds: Readonly<Record<Effect['kind'], true>> = {
  registration: true,
  scope: true,
  wanted: true,
  drop: true,
  joined: true,
  unjoined: true,
  left: true,
  settled: true,
  floor: true,
};

/** What a program to come may have written. */
interface Foreign {
  readonly kind: string;
  /** The state is right without it. */
  readonly optional?: boolean;
}

/**
 * Of what a journal holds, what this program knows; the shape is trusted, as a sum guards it. Effects of other kinds are
 * passed over where they are optional. Any other throws `failed_precondition`: without it the state would be a wrong one.
 */
export function knownEffects(written: readonly unknown[]): Effect[] {
  return (written as (Effect | Foreign)[]).filter((effect): effect is Effect => {
    if (Object.hasOwn(effectKinds, effect.kind)) return true;
    if ((effect as Foreign).optional === true) return false;
    throw new PlatformError(
      'failed_precondition',
      `the state holds an effect "${effect.kind}", which only a newer version of the agent knows`,
    );
  });
}
