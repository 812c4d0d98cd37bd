import { setTimeout as delay } from 'node:timers/promises';
import { subscriptions } from '../core/placement/topics.ts';

/** Of one partition's subscription of hosts. */
export interface Replay {
  /** Messages in the broker's replay queue: read, and not to be delivered now. Delivery to all stops at the look-ahead limit. */
  readonly inReplay: number;
  /** Messages that are not acknowledged. */
  readonly backlog: number;
}

/** By partition. */
export async function readReplay(adminUrl: string, topic: string): Promise<Replay[]> {
  const path = topic.replace('persistent://', '/admin/v2/persistent/');
  const count = await json(`${adminUrl}${path}/partitions`);
  return Promise.all(
    Array.from({ length: number(count['partitions']) }, async (_, partition) => {
      const query = 'getPreciseBacklog=true&excludePublishers=true&excludeConsumers=true';
      const stats = await json(`${adminUrl}${path}-partition-${partition}/stats?${query}`);
      const hosts = object(object(stats['subscriptions'])[subscriptions.hosts]);
      return { inReplay: number(hosts['msgInReplay']), backlog: number(hosts['msgBacklog']) };
    }),
  );
}

/** Looks now and then until it is stopped; the result has the greatest of all partitions. */
export function watchReplay(
  adminUrl: string,
  topic: string,
  { everyMs, onFailure }: { readonly everyMs: number; readonly onFailure: (error: Error) => void },
): () => Promise<Replay> {
  const stop = new AbortController();
  const greatest = { inReplay: 0, backlog: 0 };
  const look = async (): Promise<void> => {
    for (const { inReplay, backlog } of await readReplay(adminUrl, topic)) {
      greatest.inReplay = Math.max(greatest.inReplay, inReplay);
      greatest.backlog = Math.max(greatest.backlog, backlog);
    }
  };
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await look();
      await delay(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
    await look();
  })();
  looking.catch(onFailure);
  return async () => {
    stop.abort();
    await looking;
    return greatest;
  };
}

export interface LookAhead {
  readonly perConsumer: number;
  readonly perSubscription: number;
}

/** As the broker runs with it. */
export async function readLookAhead(adminUrl: string): Promise<LookAhead> {
  const settings = await json(`${adminUrl}/admin/v2/brokers/configuration/runtime`);
  const read = (name: string): number => Number(settings[`keySharedLookAheadMsgInReplayThreshold${name}`]);
  return { perConsumer: read('PerConsumer'), perSubscription: read('PerSubscription') };
}

/** Messages in replay at which a subscription with so many consumers stops. */
export function lookAheadLimit({ perConsumer, perSubscription }: LookAhead, consumers: number): number {
  return Math.min(perConsumer * consumers, perSubscription);
}

type Json = Readonly<Record<string, unknown>>;

async function json(url: string): Promise<Json> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return object(await response.json());
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
