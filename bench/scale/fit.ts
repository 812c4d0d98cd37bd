/** What a multicast bench says of one design with one number of hosts, as `npm run bench -- multicast --json` prints it. */
export interface Point {
  readonly hosts: number;
  readonly last_ms_p50: number;
  readonly last_ms_p99: number;
  /** With what the broker does anyway; see `broker_idle_cores`. */
  readonly broker_cpu_us_per_delivery: number;
  readonly client_cpu_us_per_delivery: number;
  readonly broker_idle_cores: number;
  readonly join_s: number;
}

/** `base + slope x hosts` */
export interface Line {
  readonly base: number;
  readonly slope: number;
}

/** What one multicast costs on the machine of the bench, by the number of hosts. */
export interface DesignCosts {
  /** Until the last host has it, where nothing is saturated. */
  readonly wallUs: Line;
  /** Without what the broker does with nothing to deliver. */
  readonly brokerUs: Line;
  /** Of the publisher and of all hosts, with what these do anyway. */
  readonly clientUs: Line;
  readonly joinUs: Line;
  /** 99th percentile against the median, with the most hosts. */
  readonly tail: number;
}

export const FIT_UP_TO = 1_000;

/** Fits the points up to so many hosts; at least two are needed. */
export function fitDesign(points: readonly Point[], intervalMs: number, upTo = FIT_UP_TO): DesignCosts {
  const used = points.filter(({ hosts }) => hosts <= upTo).sort((one, other) => one.hosts - other.hosts);
  const largest = used.at(-1);
  if (largest === undefined || used.length < 2)
    throw new Error(`there are no two points up to ${upTo} hosts`);
  const fit = (of: (point: Point) => number): Line =>
    lineThrough(used.map((point) => [point.hosts, of(point)]));
  return {
    wallUs: fit((point) => point.last_ms_p50 * 1_000),
    brokerUs: fit((point) => brokerUs(point, intervalMs)),
    clientUs: fit((point) => point.client_cpu_us_per_delivery * point.hosts),
    joinUs: fit((point) => point.join_s * 1e6),
    tail: largest.last_ms_p99 / largest.last_ms_p50,
  };
}

/** Of one multicast, without what the broker does anyway from the beginning of one to that of the next. */
export function brokerUs(point: Point, intervalMs: number): number {
  const periodMs = Math.max(intervalMs, point.last_ms_p50 + intervalMs / 4);
  return point.broker_cpu_us_per_delivery * point.hosts - point.broker_idle_cores * periodMs * 1_000;
}

/** By least squares; a base below nothing is nothing. */
export function lineThrough(points: readonly (readonly [number, number])[]): Line {
  const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
  const x = mean(points.map(([at]) => at));
  const y = mean(points.map(([, value]) => value));
  const slope =
    mean(points.map(([at, value]) => (at - x) * (value - y))) / mean(points.map(([at]) => (at - x) ** 2));
  return { base: Math.max(0, y - slope * x), slope };
}

export function at({ base, slope }: Line, hosts: number): number {
  return base + slope * hosts;
}
