import type { Client, Message, MessageId, Reader } from 'pulsar-client';
import { PlatformError } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/messaging/port.ts';
import { loadAddon } from './addon.ts';
import type { LogHook } from './addon.ts';
import { fromAddon } from './errors.ts';
import type { PlainConsumer } from './lasting-consumer.ts';
import type { Looks } from './looks.ts';
import { partitionName } from './topic-producer.ts';

const RECEIVE_QUEUE = 100;

/** Bytes that wait here for the handler; what comes above them is dropped, as if the reader had come later. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * What is read of one partition, over however many of the client's readers: each goes on after what the one before it
 * received. The addon's listener is used because its `readNext` occupies a thread, and has been seen to corrupt memory.
 */
export class Reading {
  readonly #client: Client;
  readonly #topic: string;
  readonly #name: string;
  readonly #looks: Looks;
  readonly #log: LogHook;
  #last: MessageId | undefined;

  /** The looks have to come more often than the client connects again. */
  constructor(client: Client, at: TopicPartition, name: string, looks: Looks, log: LogHook) {
    this.#client = client;
    this.#topic = partitionName(at);
    this.#name = name;
    this.#looks = looks;
    this.#log = log;
  }

  async open(): Promise<PlainConsumer> {
    const inbox = new Inbox(this.#topic, this.#log, this.#last !== undefined);
    const { MessageId } = await loadAddon();
    try {
      const reader = await this.#client.createReader({
        topic: this.#topic,
        readerName: this.#name,
        startMessageId: this.#last ?? MessageId.latest(),
        receiverQueueSize: RECEIVE_QUEUE,
        listener: (message) => {
          this.#last = message.getMessageId();
          inbox.push(message);
        },
      });
      return inbox.of(reader, this.#looks);
    } catch (error) {
      throw fromAddon(error, `reader of ${this.#topic}`);
    }
  }
}

/** Messages that wait for the handler. */
class Inbox {
  readonly #topic: string;
  readonly #log: LogHook;
  /** With their bytes: to ask a message for its data copies them. */
  #waiting: { readonly message: Message; readonly bytes: number }[] = [];
  #bytes = 0;
  #isDropping = false;
  #receiver: { resolve: (message: Message) => void; reject: (error: unknown) => void } | undefined;
  #isClosed = false;
  /** The client knows a message after which to go on; else it begins anew at the end whenever it connects again. */
  #isPlaced: boolean;
  #hasSlipped = false;
  #unwatch: (() => void) | undefined;

  constructor(topic: string, log: LogHook, isPlaced: boolean) {
    this.#topic = topic;
    this.#log = log;
    this.#isPlaced = isPlaced;
  }

  push(message: Message): void {
    if (!this.#isPlaced) {
      this.#isPlaced = true;
      this.#unwatch?.();
    }
    if (this.#receiver !== undefined) {
      this.#receiver.resolve(message);
      this.#receiver = undefined;
      return;
    }
    const bytes = message.getData().length;
    if (this.#bytes + bytes > MAX_WAITING_BYTES) {
      if (!this.#isDropping)
        this.#log('warn', `a reader of ${this.#topic} is too slow: messages are dropped`);
      this.#isDropping = true;
      return;
    }
    this.#isDropping = false;
    this.#bytes += bytes;
    this.#waiting.push({ message, bytes });
  }

  of(reader: Reader, looks: Looks): PlainConsumer {
    this.#watchOver(reader, looks);
    return {
      receive: () => this.#receive(),
      acknowledge: () => Promise.resolve(null),
      isConnected: () => {
        const hasSlipped = this.#hasSlipped;
        this.#hasSlipped = false;
        return reader.isConnected() && !hasSlipped;
      },
      close: async () => {
        this.#isClosed = true;
        this.#unwatch?.();
        this.#receiver?.reject(closed());
        this.#receiver = undefined;
        return reader.close();
      },
    };
  }

  /** Until it is placed, the shortest loss of the connection counts, and is told at the next look. */
  #watchOver(reader: Reader, looks: Looks): void {
    if (this.#isPlaced) return;
    this.#unwatch = looks.add(() => {
      if (!reader.isConnected()) this.#hasSlipped = true;
    });
  }

  #receive(): Promise<Message> {
    if (this.#isClosed) return Promise.reject(closed());
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#bytes -= next.bytes;
      return Promise.resolve(next.message);
    }
    return new Promise((resolve, reject) => {
      this.#receiver = { resolve, reject };
    });
  }
}

function closed(): PlatformError {
  return new PlatformError('unavailable', 'the reader is closed');
}
