import { invalid, notFound } from '../../core/errors.ts';
import type { TopicAdmin, TopicPartition, TopicStats } from '../../core/messaging/port.ts';
import { SubscriptionQueue } from './bus-queue.ts';
import type { Reader } from './bus-reader.ts';

export interface Partition {
  messagesIn: number;
  readonly subscriptions: Map<string, SubscriptionQueue>;
  readonly readers: Set<Reader>;
}

interface Topic {
  readonly partitions: Partition[];
  readonly subscriptions: Set<string>;
}

/** The topics of an in-process cluster. */
export class Topics implements TopicAdmin {
  private readonly topics = new Map<string, Topic>();

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  ensureTopic(name: string, partitions: number, subscriptions: readonly string[]): Promise<void> {
    if (!Number.isInteger(partitions) || partitions < 1) {
      return Promise.reject(invalid('partitions', 'must be a whole number above 0'));
    }
    let topic = this.topics.get(name);
    if (topic === undefined) {
      topic = { partitions: [], subscriptions: new Set() };
      this.topics.set(name, topic);
    }
    for (const subscription of subscriptions) topic.subscriptions.add(subscription);
    while (topic.partitions.length < partitions) {
      topic.partitions.push({ messagesIn: 0, subscriptions: new Map(), readers: new Set() });
    }
    for (const [index, partition] of topic.partitions.entries()) {
      for (const subscription of topic.subscriptions) {
        if (partition.subscriptions.has(subscription)) continue;
        partition.subscriptions.set(subscription, new SubscriptionQueue({ topic: name, partition: index }));
      }
    }
    return Promise.resolve();
  }

  deleteTopic(name: string): Promise<void> {
    const topic = this.topics.get(name);
    this.topics.delete(name);
    for (const partition of topic?.partitions ?? []) {
      for (const queue of partition.subscriptions.values()) queue.discard();
    }
    return Promise.resolve();
  }

  topicStats(name: string): Promise<TopicStats | undefined> {
    const topic = this.topics.get(name);
    if (topic === undefined) return Promise.resolve(undefined);
    const subscriptions: Record<string, TopicStats['subscriptions'][string]> = {};
    for (const subscription of topic.subscriptions) {
      const queues = topic.partitions.flatMap((partition) => partition.subscriptions.get(subscription) ?? []);
      subscriptions[subscription] = {
        backlog: queues.reduce((sum, queue) => sum + queue.backlog, 0),
        consumers: queues.flatMap((queue) => queue.consumers()),
      };
    }
    const messagesIn = topic.partitions.reduce((sum, partition) => sum + partition.messagesIn, 0);
    return Promise.resolve({ partitions: topic.partitions.length, messagesIn, subscriptions });
  }

  /** Throws `not_found`. */
  partition({ topic, partition }: TopicPartition): Partition {
    const found = this.topics.get(topic)?.partitions[partition];
    if (found === undefined) throw notFound('topic_partition', `${topic}-partition-${partition}`);
    return found;
  }

  /** Throws `not_found`. */
  queue(at: TopicPartition, subscription: string): SubscriptionQueue {
    const found = this.partition(at).subscriptions.get(subscription);
    if (found === undefined) throw notFound('subscription', `${subscription} of ${at.topic}`);
    return found;
  }
}
