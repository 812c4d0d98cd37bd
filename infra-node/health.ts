import { PlatformError } from '../core/errors.ts';
import type { TopicStats } from '../core/messaging/port.ts';
import { subscriptions } from '../core/placement/topics.ts';
import type { Store } from '../core/store/port.ts';

/** What the node needs to be ready, in the terms of `HealthServerOptions`. */
export function infraChecks(
  store: Pick<Store, 'ping'>,
  workTopic: () => Promise<TopicStats>,
  /** Undefined until it runs. */
  nodeName: () => string | undefined,
): Readonly<Record<'redis' | 'work', () => Promise<void>>> {
  return {
    redis: () => store.ping(),
    work: async () => {
      const name = nodeName();
      if (name === undefined) throw new PlatformError('unavailable', 'not started yet');
      checkListening(await workTopic(), name);
    },
  };
}

/** The broker's word for it: the client may not know yet that it lost its connection. */
export function checkListening({ partitions, subscriptions: all }: TopicStats, name: string): void {
  const consumers = all[subscriptions.infra]?.consumers ?? [];
  const own = new Set(
    consumers.flatMap(({ consumerName, partition }) => (consumerName === name ? [partition] : [])),
  );
  if (own.size < partitions) {
    throw new PlatformError('unavailable', `listening to ${own.size} of ${partitions} work partitions`);
  }
}
