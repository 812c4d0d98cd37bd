import type { Client, ProducerMessage } from 'pulsar-client';
import type { TopicPartition } from '../../core/messaging/port.ts';
import { TopicProducer } from './topic-producer.ts';
import type { ProducerLimits } from './topic-producer.ts';

export interface ProducersOptions extends ProducerLimits {
  /** Open producers that are kept; beyond it the one that was idle longest goes. Those at work are never closed. */
  readonly maxProducers: number;
  readonly idleMs: number;
}

export const defaultProducersOptions: ProducersOptions = {
  maxPendingMessages: 1_000,
  maxPendingBytes: 16 * 1024 * 1024,
  sendTimeoutMs: 30_000,
  maxProducers: 2_000,
  idleMs: 300_000,
};

/** One producer per topic partition, made at the first send and kept while it is used. */
export class Producers {
  private readonly client: Client;
  private readonly options: ProducersOptions;
  private readonly open = new Set<TopicProducer>();
  /** By topic and partition apart: a joined name would be built and hashed for each message. */
  private readonly byTopic = new Map<string, Map<number, TopicProducer>>();
  private readonly sweep: NodeJS.Timeout;

  constructor(client: Client, options: ProducersOptions) {
    this.client = client;
    this.options = options;
    this.sweep = setInterval(
      () => {
        this.closeIdle();
      },
      Math.max(1, options.idleMs / 2),
    ).unref();
  }

  get size(): number {
    return this.open.size;
  }

  /** What many read is worth compressing; the first send to a partition decides for all. */
  send(to: TopicPartition, message: ProducerMessage, isForMany: boolean): Promise<void> {
    return (this.byTopic.get(to.topic)?.get(to.partition) ?? this.add(to, isForMany)).send(message);
  }

  async close(): Promise<void> {
    clearInterval(this.sweep);
    const all = [...this.open];
    this.open.clear();
    this.byTopic.clear();
    await Promise.all(all.map((producer) => producer.close()));
  }

  private add({ topic, partition }: TopicPartition, compresses: boolean): TopicProducer {
    if (this.open.size >= this.options.maxProducers) this.closeLongestIdle();
    const options = { ...this.options, compresses };
    const producer = new TopicProducer(this.client, { topic, partition }, options, (broken) => {
      this.discard(broken);
    });
    this.open.add(producer);
    const ofTopic = this.byTopic.get(topic) ?? new Map<number, TopicProducer>();
    this.byTopic.set(topic, ofTopic.set(partition, producer));
    return producer;
  }

  private closeIdle(): void {
    const before = performance.now() - this.options.idleMs;
    for (const producer of this.open) {
      if (producer.idle && producer.usedAtMs < before) this.discard(producer);
    }
  }

  private closeLongestIdle(): void {
    let oldest: TopicProducer | undefined;
    for (const producer of this.open) {
      if (producer.idle && producer.usedAtMs < (oldest?.usedAtMs ?? Infinity)) oldest = producer;
    }
    if (oldest !== undefined) this.discard(oldest);
  }

  private discard(producer: TopicProducer): void {
    if (this.open.delete(producer)) {
      const { topic, partition } = producer.at;
      const ofTopic = this.byTopic.get(topic);
      ofTopic?.delete(partition);
      if (ofTopic?.size === 0) this.byTopic.delete(topic);
    }
    void producer.close();
  }
}
