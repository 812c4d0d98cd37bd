import { inOrder, mean, percentile, rounded } from '../statistics.ts';
import type { Measured, Sample } from './measure.ts';

/** One design with one number of hosts, all rounds together. */
export interface Figures {
  /** From before publishing until the last host had received and decoded it. */
  readonly last_ms_p50: number;
  readonly last_ms_p99: number;
  /** The greatest. Waiting ended after 30 s, so the time of an incomplete multicast is a lower bound. */
  readonly last_ms_max: number;
  readonly first_ms_p50: number;
  /** Of the hosts' mean. */
  readonly mean_ms_p50: number;
  /** Until the broker had all of it. */
  readonly confirmed_ms_p50: number;
  /** Where the publisher only gives the order, from the order on: until the last host has it, and has applied and kept it. */
  readonly ordered_ms_p50?: number;
  readonly durable_ms_p50?: number;
  readonly durable_ms_p99?: number;
  /** As `last_ms_p50`, while the hosts also apply what they receive, with the processor that all of them share. */
  readonly applying_last_ms_p50?: number;
  readonly multicasts: number;
  /** Those that did not reach all hosts in time. */
  readonly incomplete: number;
  readonly received: number;
  readonly expected: number;
  readonly duplicates: number;
  readonly broker_cpu_us_per_delivery: number;
  readonly client_cpu_us_per_delivery: number;
  /** Cores that the broker kept busy with all hosts attached and nothing to deliver; it is part of the figure per delivery. */
  readonly broker_idle_cores: number;
  /** At the broker. */
  readonly connections: number;
  readonly join_s: number;
}

export function figuresOf(hosts: number, rounds: readonly Measured[]): Figures {
  const samples = rounds.flatMap((round) => round.samples);
  const applied = samples.filter(({ durableMs }) => durableMs !== undefined);
  const received = samples.filter(({ durableMs }) => durableMs === undefined);
  const sorted = (of: (sample: Sample) => number): number[] => inOrder(received.map(of));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const last = sorted((sample) => sample.lastMs);
  const deliveries = sum(samples.map((sample) => sample.received));
  const perDelivery = (seconds: number): number => rounded((seconds * 1e6) / deliveries, 1);
  return {
    last_ms_p50: rounded(percentile(last, 0.5), 2),
    last_ms_p99: rounded(percentile(last, 0.99), 2),
    last_ms_max: rounded(percentile(last, 1), 2),
    first_ms_p50: rounded(
      percentile(
        sorted((sample) => sample.firstMs),
        0.5,
      ),
      2,
    ),
    mean_ms_p50: rounded(
      percentile(
        sorted((sample) => sample.meanMs),
        0.5,
      ),
      2,
    ),
    confirmed_ms_p50: rounded(
      percentile(
        sorted((sample) => sample.confirmedMs),
        0.5,
      ),
      2,
    ),
    ...throughPlatform(received, applied),
    multicasts: samples.length,
    incomplete: samples.filter((sample) => sample.received < hosts).length,
    received: deliveries,
    expected: samples.length * hosts,
    duplicates: sum(samples.map((sample) => sample.duplicates)),
    broker_cpu_us_per_delivery: perDelivery(sum(rounds.map((round) => round.brokerSeconds))),
    client_cpu_us_per_delivery: perDelivery(sum(rounds.map((round) => round.clientSeconds))),
    broker_idle_cores: rounded(mean(rounds.map((round) => round.brokerIdleCores)), 3),
    connections: Math.max(...rounds.map((round) => round.connections)),
    join_s: rounded(mean(rounds.map((round) => round.joinMs)) / 1_000, 2),
  };
}

function throughPlatform(
  received: readonly Sample[],
  applied: readonly Sample[],
): Pick<Figures, 'ordered_ms_p50' | 'durable_ms_p50' | 'durable_ms_p99' | 'applying_last_ms_p50'> {
  const ordered = inOrder(received.flatMap(({ orderedMs }) => orderedMs ?? []));
  const durable = inOrder(applied.flatMap(({ durableMs }) => durableMs ?? []));
  if (ordered.length === 0 || durable.length === 0) return {};
  const applying = inOrder(applied.map(({ lastMs }) => lastMs));
  return {
    ordered_ms_p50: rounded(percentile(ordered, 0.5), 2),
    durable_ms_p50: rounded(percentile(durable, 0.5), 2),
    durable_ms_p99: rounded(percentile(durable, 0.99), 2),
    applying_last_ms_p50: rounded(percentile(applying, 0.5), 2),
  };
}
