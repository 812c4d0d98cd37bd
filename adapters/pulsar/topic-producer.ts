import type { Client, Producer, ProducerMessage } from 'pulsar-client';
import { PlatformError } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/messaging/port.ts';
import { fromAddon } from './errors.ts';
import { retry } from './retry.ts';

export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-partition-${partition}`;
}

export interface ProducerOptions extends ProducerLimits {
  readonly compresses: boolean;
}

export interface ProducerLimits {
  /** Sent and not confirmed, per topic partition; more wait here, in order, and their senders with them. */
  readonly maxPendingMessages: number;
  readonly maxPendingBytes: number;
  readonly sendTimeoutMs: number;
}

interface Waiting {
  readonly message: ProducerMessage;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The producer of one topic partition. Sends leave in the order of the calls, also those from before it was open.
 * The limits are kept here: `blockIfQueueFull` would block JavaScript's thread inside `send`.
 */
export class TopicProducer {
  readonly at: TopicPartition;
  readonly topic: string;
  /** When it was last used, by `performance.now()`. */
  usedAtMs = performance.now();
  private readonly options: ProducerOptions;
  private readonly stop = new AbortController();
  private producer: Producer | undefined;
  private failure: PlatformError | undefined;
  private waiting: Waiting[] = [];
  private head = 0;
  private pendingMessages = 0;
  private pendingBytes = 0;
  private readonly opening: Promise<void>;
  private readonly onBroken: (self: TopicProducer) => void;

  constructor(
    client: Client,
    at: TopicPartition,
    options: ProducerOptions,
    onBroken: (self: TopicProducer) => void,
  ) {
    this.at = at;
    this.topic = partitionName(at);
    this.options = options;
    this.onBroken = onBroken;
    this.opening = this.open(client);
  }

  get idle(): boolean {
    return this.producer !== undefined && this.pendingMessages === 0 && this.head === this.waiting.length;
  }

  send(message: ProducerMessage): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.usedAtMs = performance.now();
    const { producer } = this;
    if (producer !== undefined && this.head === this.waiting.length && this.roomFor(message)) {
      return this.dispatch(producer, message);
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ message, resolve, reject });
    });
  }

  /** What was not confirmed fails with `cancelled`. */
  async close(): Promise<void> {
    this.stop.abort();
    this.fail(new PlatformError('cancelled', `producer of ${this.topic} is closed`));
    await this.opening;
    await this.producer?.close().catch(() => undefined);
  }

  private async open(client: Client): Promise<void> {
    try {
      const producer = await retry(() => this.create(client), {
        forMs: this.options.sendTimeoutMs,
        signal: this.stop.signal,
      });
      this.producer = producer;
      this.sendWaiting();
    } catch (error) {
      this.break(PlatformError.from(error));
    }
  }

  private async create(client: Client): Promise<Producer> {
    try {
      return await client.createProducer({
        topic: this.topic,
        // A batch mixes keys, and the broker gives it to one consumer whole.
        batchingEnabled: false,
        blockIfQueueFull: false,
        maxPendingMessages: this.options.maxPendingMessages + 1,
        sendTimeoutMs: this.options.sendTimeoutMs,
        ...(this.options.compresses ? { compressionType: 'LZ4' as const } : {}),
      });
    } catch (error) {
      throw fromAddon(error, `producer of ${this.topic}`);
    }
  }

  /** One message always fits, however large. */
  private roomFor(message: ProducerMessage): boolean {
    if (this.pendingMessages === 0) return true;
    const { maxPendingMessages, maxPendingBytes } = this.options;
    return (
      this.pendingMessages < maxPendingMessages && this.pendingBytes + message.data.length <= maxPendingBytes
    );
  }

  private dispatch(producer: Producer, message: ProducerMessage): Promise<void> {
    const bytes = message.data.length;
    this.pendingMessages++;
    this.pendingBytes += bytes;
    return producer.send(message).then(
      () => {
        this.pendingMessages--;
        this.pendingBytes -= bytes;
        if (this.head < this.waiting.length) this.sendWaiting();
      },
      (error: unknown) => {
        this.pendingMessages--;
        this.pendingBytes -= bytes;
        const failure = this.failure ?? fromAddon(error, `send to ${this.topic}`);
        // After a time-out it may retry for ever (a deleted topic does not end it); a new one finds out.
        if (failure.code === 'unavailable' || failure.code === 'cancelled') this.break(failure);
        else this.sendWaiting();
        throw failure;
      },
    );
  }

  private sendWaiting(): void {
    const { producer } = this;
    if (producer === undefined) return;
    for (let item = this.waiting[this.head]; item !== undefined; item = this.waiting[this.head]) {
      if (!this.roomFor(item.message)) break;
      this.head++;
      this.dispatch(producer, item.message).then(item.resolve, item.reject);
    }
    if (this.head > 1024 && this.head * 2 > this.waiting.length) {
      this.waiting = this.waiting.slice(this.head);
      this.head = 0;
    }
  }

  private break(error: PlatformError): void {
    if (this.failure !== undefined) return;
    this.fail(error);
    this.onBroken(this);
  }

  private fail(error: PlatformError): void {
    this.failure ??= error;
    const rest = this.waiting.slice(this.head);
    this.waiting = [];
    this.head = 0;
    for (const { reject } of rest) reject(this.failure);
  }
}
