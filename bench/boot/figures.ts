import { inOrder, mean, percentile, rounded, summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import type { BootTimes } from './load.ts';
import type { ProbeResult } from './messages.ts';
import type { SampleKind } from './plan.ts';

export interface Stage {
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** Mean of the stage in the slowest hundredth of the boots: where their time went. */
  readonly in_slowest_ms: number;
}

/** From one moment to the next; each stage begins where the one before ended. */
export interface Stages {
  /** From the intended time to the call. */
  readonly called: Stage;
  /** Until the call was answered: the binding is committed. */
  readonly answered: Stage;
  /** Until the infrastructure node sent the message, which may be before the call is answered. */
  readonly sent: Stage;
  /** Until the agent had it. */
  readonly received: Stage;
  /** Until it was applied and synced. */
  readonly durable: Stage;
}

export type KindFigures = Summary & {
  readonly ratio_p50: number;
  readonly ratio_p99: number;
  readonly stages: Stages;
};

export function kindFigures(all: readonly BootTimes[], kind: SampleKind, raw: Summary): KindFigures {
  const boots = all.filter((boot) => boot.kind === kind);
  const summary = summarize(boots.map(latency));
  return {
    ...summary,
    ratio_p50: rounded(summary.p50_ms / raw.p50_ms, 2),
    ratio_p99: rounded(summary.p99_ms / raw.p99_ms, 2),
    stages: stagesOf(boots),
  };
}

export function latency({ intendedAtMs, durableAtMs }: BootTimes): number {
  return durableAtMs - intendedAtMs;
}

function stagesOf(boots: readonly BootTimes[]): Stages {
  const slowest = [...boots]
    .sort((one, other) => latency(other) - latency(one))
    .slice(0, Math.ceil(boots.length / 100));
  const stage = (of: (boot: BootTimes) => number): Stage => {
    const ascending = inOrder(boots.map(of));
    return {
      p50_ms: rounded(percentile(ascending, 0.5)),
      p99_ms: rounded(percentile(ascending, 0.99)),
      in_slowest_ms: rounded(mean(slowest.map(of))),
    };
  };
  return {
    called: stage((boot) => boot.calledAtMs - boot.intendedAtMs),
    answered: stage((boot) => boot.answeredAtMs - boot.calledAtMs),
    sent: stage((boot) => boot.sentAtMs - boot.answeredAtMs),
    received: stage((boot) => boot.receivedAtMs - boot.sentAtMs),
    durable: stage((boot) => boot.durableAtMs - boot.receivedAtMs),
  };
}

/** The raw probe's messages that were due while the boots were; counted as those are, and from the call of `send`. */
export function rawFigures(
  { messages, syncs, unreceived }: ProbeResult,
  fromMs: number,
  toMs: number,
): { raw: Summary & { readonly from_send: Summary }; latencies: number[]; disk: Summary } {
  if (unreceived > 0) throw new Error(`${unreceived} messages of the raw probe were not received`);
  const due = messages.filter(({ intendedAtMs }) => intendedAtMs >= fromMs && intendedAtMs <= toMs);
  const latencies = due.map(({ intendedAtMs, receivedAtMs }) => receivedAtMs - intendedAtMs);
  const fromSend = due.map(({ sentAtMs, receivedAtMs }) => receivedAtMs - sentAtMs);
  const synced = syncs.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  return {
    raw: { ...summarize(latencies), from_send: summarize(fromSend) },
    latencies,
    disk: summarize(synced.map(({ tookMs }) => tookMs)),
  };
}
