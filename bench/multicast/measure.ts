import { setTimeout as delay } from 'node:timers/promises';
import { openConnections } from '../connections.ts';
import { monotonicMs } from '../monotonic.ts';
import { secondsOf } from '../processor-time.ts';
import type { Carrier, Point, Session } from './design.ts';

export interface Terms {
  readonly messages: number;
  readonly intervalMs: number;
  /** For what the broker does with nothing to deliver. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/** One multicast; times count from the moment before the client library was called. */
export interface Sample {
  readonly confirmedMs: number;
  readonly firstMs: number;
  readonly meanMs: number;
  /** Where not all hosts received it: how long they were waited for. */
  readonly lastMs: number;
  /** From the order to send until the last host has it, where the order is given to somebody else. */
  readonly orderedMs?: number | undefined;
  /** The same until the last host has applied and kept it, where the hosts do so as it comes in. */
  readonly durableMs?: number | undefined;
  readonly received: number;
  readonly duplicates: number;
}

export interface Measured {
  readonly samples: readonly Sample[];
  /** Until all hosts were attached. */
  readonly joinMs: number;
  /** Of the time in which the samples were taken. */
  readonly seconds: number;
  readonly brokerSeconds: number;
  readonly clientSeconds: number;
  /** Busy cores of the broker with all hosts attached and nothing to deliver. */
  readonly brokerIdleCores: number;
  readonly connections: number;
}

const PATIENCE_MS = 30_000;
const REACHED_WITHIN_MS = 120_000;
const ATTEMPT_MS = 15_000;
/** What is warmed up is code that runs for each delivery. */
const WARM_UP_DELIVERIES = 20_000;
const WARM_UP_LEAST = 10;
const WARM_UP_AT_MOST_MS = 20_000;
/** Fewer multicasts then count, which the figures say. */
const SAMPLING_AT_MOST_MS = 180_000;

/** Attaches the hosts, makes sure that all of them are reached, warms up, and then measures. */
export async function measurePoint(carrier: Carrier, point: Point, terms: Terms): Promise<Measured> {
  const began = monotonicMs();
  const session = await carrier.open(point);
  try {
    const joinMs = monotonicMs() - began;
    const first = await untilAllReached(session, point, terms.signal);
    const next = await warmUp(session, point, first, terms.signal);
    const brokerIdleCores = await idleCores(carrier, terms);
    const connections = openConnections(carrier.brokers, carrier.ports);
    const spent = watchSeconds({ broker: carrier.brokers, client: session.clients });
    const startedMs = monotonicMs();
    const samples = await takeSamples(session, point, next, terms);
    const { broker: brokerSeconds, client: clientSeconds } = spent();
    const seconds = (monotonicMs() - startedMs) / 1_000;
    return { samples, joinMs, seconds, brokerSeconds, clientSeconds, brokerIdleCores, connections };
  } finally {
    await session.close();
  }
}

/** The next number that is free. */
async function untilAllReached(session: Session, { hosts }: Point, signal: AbortSignal): Promise<number> {
  const deadline = monotonicMs() + REACHED_WITHIN_MS;
  for (let multicast = 0; ; multicast++) {
    signal.throwIfAborted();
    await session.publish(multicast);
    const { hosts: reached } = await session.untilReceived(multicast, ATTEMPT_MS);
    if (reached === hosts) return multicast + 1;
    if (monotonicMs() > deadline) throw new Error(`a multicast reaches ${reached} of ${hosts} hosts`);
  }
}

async function warmUp(
  session: Session,
  { hosts }: Point,
  from: number,
  signal: AbortSignal,
): Promise<number> {
  const deadline = monotonicMs() + WARM_UP_AT_MOST_MS;
  const until = from + Math.max(WARM_UP_LEAST, Math.ceil(WARM_UP_DELIVERIES / hosts));
  let multicast = from;
  for (; multicast < until && monotonicMs() < deadline; multicast++) {
    signal.throwIfAborted();
    await session.publish(multicast);
    await session.untilReceived(multicast, PATIENCE_MS);
  }
  return multicast;
}

async function idleCores({ brokers }: Carrier, { idleMs, signal }: Terms): Promise<number> {
  const spent = watchSeconds({ brokers });
  await delay(idleMs, undefined, { signal });
  return spent().brokers / (idleMs / 1_000);
}

/** One after the other, at a low rate: none begins before all hosts have the one before it. */
async function takeSamples(
  session: Session,
  { hosts }: Point,
  from: number,
  { messages, intervalMs, signal }: Terms,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const deadline = monotonicMs() + SAMPLING_AT_MOST_MS;
  const until = from + messages * (session.appliesToo ? 2 : 1);
  for (let multicast = from; multicast < until && monotonicMs() < deadline; multicast++) {
    const dueMs = monotonicMs() + intervalMs;
    const how = session.appliesToo && multicast % 2 === 0 ? 'applied at once' : 'received first';
    const { sentAtMs: orderedAtMs, confirmedAtMs } = await session.publish(multicast, how);
    const gathered = await session.untilReceived(multicast, PATIENCE_MS);
    const { sentAtMs = orderedAtMs, durableAtMs } = gathered;
    const isWhole = gathered.hosts === hosts;
    samples.push({
      confirmedMs: confirmedAtMs - orderedAtMs,
      firstMs: gathered.firstAtMs - sentAtMs,
      meanMs: gathered.meanAtMs - sentAtMs,
      lastMs: isWhole ? gathered.lastAtMs - sentAtMs : PATIENCE_MS,
      orderedMs:
        gathered.sentAtMs === undefined ? undefined : isWhole ? gathered.lastAtMs - orderedAtMs : PATIENCE_MS,
      durableMs: durableAtMs === undefined ? undefined : isWhole ? durableAtMs - orderedAtMs : PATIENCE_MS,
      received: gathered.hosts,
      duplicates: gathered.duplicates,
    });
    // Also after a slow one there is some quiet.
    await delay(Math.max(intervalMs / 4, dueMs - monotonicMs()), undefined, { signal });
  }
  return samples;
}

/** Processor time from the call on. */
function watchSeconds<Name extends string>(
  watched: Readonly<Record<Name, Carrier['brokers']>>,
): () => Record<Name, number> {
  const read = (): [Name, number][] =>
    (Object.entries(watched) as [Name, Carrier['brokers']][]).map(([name, processes]) => [
      name,
      processes.reduce((sum, { pid }) => sum + secondsOf(pid), 0),
    ]);
  const before = Object.fromEntries(read()) as Record<Name, number>;
  return () =>
    Object.fromEntries(read().map(([name, seconds]) => [name, seconds - before[name]])) as Record<
      Name,
      number
    >;
}
