import { faultKinds } from './schedule/kinds.ts';
import type { FaultKind } from './schedule/kinds.ts';

/** Of every run. */
export interface CommonFigures {
  readonly seed: number;
  readonly writes_acknowledged: number;
  /** Of these, the calls that delete resources. */
  readonly deletes_acknowledged: number;
  /** Cells of the ledger that do not hold an allowed value. */
  readonly writes_lost: number;
  readonly agents: number;
  readonly agents_differing: number;
  readonly resurrected: number;
  /** Starts of an agent with less than it had made durable before. */
  readonly rolled_back: number;
  /** From the end of faults and writes until nothing differed; null = it still did at the end of the patience. */
  readonly settle_ms: number | null;
}

/** Of a run with faults. */
export interface Figures extends CommonFigures {
  readonly minutes: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly writes_during_faults: number;
}

export interface Result extends Figures {
  /** Long and hard enough to say something. */
  readonly counted: boolean;
}

export const enough = { writes: 2_000, deletesPerWrite: 0.25, faultsPerKind: 3, faults: 30 } as const;

export function resultOf(figures: Figures): Result {
  const each = faultKinds.map((kind) => figures.faults[kind]);
  const counted =
    figures.writes_acknowledged >= enough.writes &&
    figures.deletes_acknowledged >= enough.deletesPerWrite * figures.writes_acknowledged &&
    figures.writes_during_faults > 0 &&
    Math.min(...each) >= enough.faultsPerKind &&
    each.reduce((sum, count) => sum + count, 0) >= enough.faults;
  return { ...figures, counted };
}

export function hasPassed(result: CommonFigures): boolean {
  const { writes_lost, agents_differing, resurrected, rolled_back, settle_ms } = result;
  return writes_lost + agents_differing + resurrected + rolled_back === 0 && settle_ms !== null;
}
