import type { SlotConsumerStats, TopicPartition, TopicStats } from '../../core/messaging/port.ts';

type Json = Readonly<Record<string, unknown>>;

/** From `partitioned-stats?perPartition=true`. Fields that are missing count as nothing. */
export function readTopicStats(topic: string, body: unknown): TopicStats {
  const stats = object(body);
  const subscriptions: Record<
    string,
    { backlog: number; consumers: (SlotConsumerStats & TopicPartition)[] }
  > = {};
  for (const [name, partitionStats] of Object.entries(object(stats['partitions']))) {
    const partition = Number(/-partition-(\d+)$/.exec(name)?.[1]);
    for (const [subscription, value] of Object.entries(object(object(partitionStats)['subscriptions']))) {
      const one = (subscriptions[subscription] ??= { backlog: 0, consumers: [] });
      one.backlog += number(object(value)['msgBacklog']);
      for (const consumer of array(object(value)['consumers'])) {
        one.consumers.push({ topic, partition, ...readConsumer(object(consumer)) });
      }
    }
  }
  for (const { consumers } of Object.values(subscriptions))
    consumers.sort((a, b) => a.partition - b.partition);
  return {
    partitions: number(object(stats['metadata'])['partitions']),
    messagesIn: number(stats['msgInCounter']),
    subscriptions,
  };
}

function readConsumer(consumer: Json): SlotConsumerStats {
  const name = consumer['consumerName'];
  return {
    consumerName: typeof name === 'string' ? name : '',
    ranges: readRanges(consumer),
    unacknowledged: number(consumer['unackedMessages']),
  };
}

/** `keyHashRangeArrays: [[5, 5]]`; brokers before 4.0 say `keyHashRanges: ["[5, 5]"]`. */
function readRanges(consumer: Json): (readonly [number, number])[] {
  const pairs = array(consumer['keyHashRangeArrays']).map((range) => array(range).map(number));
  const texts = array(consumer['keyHashRanges']).map((text) =>
    typeof text === 'string' ? (text.match(/\d+/g) ?? []).map(Number) : [],
  );
  return (pairs.length > 0 ? pairs : texts).flatMap(([start, end]) =>
    start === undefined || end === undefined ? [] : [[start, end] as const],
  );
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
