import { rounded } from '../statistics.ts';
import { predict } from './bench-machine.ts';
import { FIT_UP_TO, brokerUs, fitDesign } from './fit.ts';
import type { DesignCosts, Point } from './fit.ts';
import { pointsOf } from './multicast-result.ts';
import type { MeasuredMulticast } from './multicast-result.ts';

export interface Compared {
  readonly predicted: number;
  readonly measured: number;
  readonly error_percent: number;
}

export interface Row {
  readonly design: string;
  readonly hosts: number;
  /** Was the point used for the fit? */
  readonly fitted: boolean;
  readonly last_ms_p50: Compared;
  readonly last_ms_p99: Compared;
  /** Without what the broker does anyway. */
  readonly broker_us_per_delivery: Compared;
  readonly client_us_per_delivery: Compared;
  readonly join_s: Compared;
  /**
   * Processor time of broker and clients against all that the cores had until the last delivery, from what was
   * measured: about 1 where the processors decide, far below where somebody else had them or something waited.
   */
  readonly busy: number;
}

export interface Validation {
  readonly experiment: 'scale-validation';
  readonly fit_up_to: number;
  readonly cores: number;
  readonly rows: readonly Row[];
  /** Of the medians of the points that were not fitted. */
  readonly within_25_percent: number;
  readonly blind: number;
}

/** Fits each design to the small points of one result, and compares it with all points of all of them. */
export function validate(
  from: MeasuredMulticast,
  others: readonly MeasuredMulticast[],
  cores: number,
): Validation {
  const rows = Object.keys(from.designs).flatMap((design) => {
    const costs = fitted(from, design);
    if (costs === undefined) return [];
    return [from, ...others].flatMap((result) =>
      pointsOf(result, design).map((point) =>
        compareRow({
          design,
          point,
          costs,
          cores,
          intervalMs: result.interval_ms,
          isFitted: result === from,
        }),
      ),
    );
  });
  const blind = rows.filter((row) => !row.fitted).map((row) => row.last_ms_p50.error_percent);
  return {
    experiment: 'scale-validation',
    fit_up_to: FIT_UP_TO,
    cores,
    rows,
    within_25_percent: blind.filter((error) => Math.abs(error) <= 25).length,
    blind: blind.length,
  };
}

/** Undefined where the result has too few points of the design. */
export function fitted(result: MeasuredMulticast, design: string): DesignCosts | undefined {
  const points = pointsOf(result, design);
  if (points.filter(({ hosts }) => hosts <= FIT_UP_TO).length < 2) return undefined;
  return fitDesign(points, result.interval_ms);
}

interface ToCompare {
  readonly design: string;
  readonly point: Point;
  readonly costs: DesignCosts;
  readonly cores: number;
  readonly intervalMs: number;
  readonly isFitted: boolean;
}

function compareRow({ design, point, costs, cores, intervalMs, isFitted }: ToCompare): Row {
  const { hosts } = point;
  const predicted = predict(costs, hosts, cores);
  const usPerHost = point.broker_cpu_us_per_delivery + point.client_cpu_us_per_delivery;
  return {
    design,
    hosts,
    fitted: isFitted && hosts <= FIT_UP_TO,
    last_ms_p50: compared(predicted.last_ms_p50, point.last_ms_p50),
    last_ms_p99: compared(predicted.last_ms_p99, point.last_ms_p99),
    broker_us_per_delivery: compared(predicted.broker_us_per_delivery, brokerUs(point, intervalMs) / hosts),
    client_us_per_delivery: compared(predicted.client_us_per_delivery, point.client_cpu_us_per_delivery),
    join_s: compared(predicted.join_s, point.join_s),
    busy: rounded((usPerHost * hosts) / 1_000 / cores / point.last_ms_p50, 2),
  };
}

function compared(predicted: number, measured: number): Compared {
  return {
    predicted: rounded(predicted, 1),
    measured: rounded(measured, 1),
    error_percent: rounded((predicted / measured - 1) * 100, 0),
  };
}
