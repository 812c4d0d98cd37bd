import { hasPassed } from '../result.ts';
import type { CommonFigures } from '../result.ts';
import type { ProgramKind } from './grace.ts';
import type { RestartFigures } from './restarts.ts';

export interface RollingFigures extends CommonFigures {
  /** The agents share as many. */
  readonly agent_processes: number;
  /** From the first restart until writing ends, some seconds after the last one. */
  readonly seconds: number;
  /** Acknowledged, in these seconds. */
  readonly writes_per_second: number;
  readonly writes_during_restarts: number;
  readonly restarts: Readonly<Record<ProgramKind, Readonly<RestartFigures>>>;
  /** Did not end by themselves with code 0 within the grace period. */
  readonly bad_ends: number;
  /** Failures that the clients repeated as the contract's service config says, by code. */
  readonly errors_absorbed: Readonly<Record<string, number>>;
  /** Ended in an error after all repeats that they were due. */
  readonly calls_failed: number;
}

export interface RollingResult extends RollingFigures {
  /** Large and hard enough to say something. */
  readonly counted: boolean;
}

export const enough = { agents: 200, writesPerSecond: 180 } as const;

export function rollingResultOf(figures: RollingFigures): RollingResult {
  const counted = figures.agents >= enough.agents && figures.writes_per_second >= enough.writesPerSecond;
  return { ...figures, counted };
}

export function rollingHasPassed(figures: RollingFigures): boolean {
  return hasPassed(figures) && figures.bad_ends === 0 && figures.calls_failed === 0;
}
