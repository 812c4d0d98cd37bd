import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from 'pulsar-client';
import { PlatformError } from '../../core/errors.ts';
import type { IncomingMessage, MessageHandler, Subscription } from '../../core/messaging/port.ts';
import type { LogHook } from './addon.ts';
import { fromAddon } from './errors.ts';
import { readHeader } from './header.ts';
import { closeAll } from './lasting-consumer.ts';
import type { LastingConsumer, PlainConsumer } from './lasting-consumer.ts';

const RECEIVE_RETRY_MS = 500;

/**
 * Hands the messages of one or more consumers to a handler, one at a time. `receive()` without a time-out is the
 * addon's only way to wait that occupies no thread.
 */
export class ConsumerLoop implements Subscription {
  private readonly consumers: readonly LastingConsumer[];
  private readonly name: string;
  private readonly handler: MessageHandler;
  private readonly log: LogHook;
  private readonly stop = new AbortController();
  private readonly loops: Promise<void>[];
  private handling: Promise<void> = Promise.resolve();
  private closing: Promise<void> | undefined;

  constructor(consumers: readonly LastingConsumer[], name: string, handler: MessageHandler, log: LogHook) {
    this.consumers = consumers;
    this.name = name;
    this.handler = handler;
    this.log = log;
    this.loops = consumers.map((consumer) => this.run(consumer));
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  /** The consumers close after the handler, so that what it handled last can still be acknowledged. */
  private async end(): Promise<void> {
    this.stop.abort();
    await this.handling;
    await closeAll(this.consumers);
    await Promise.all(this.loops);
  }

  private async run(lasting: LastingConsumer): Promise<void> {
    while (!this.stop.signal.aborted) {
      const consumer = await lasting.current();
      if (consumer === undefined) return;
      const message = await this.receive(lasting, consumer);
      if (message === undefined) continue;
      // With several partitions the handler is shared: each waits for its turn.
      const turn = this.handling.then(() => this.handle(consumer, message));
      this.handling = turn;
      await turn;
    }
  }

  private async receive(lasting: LastingConsumer, consumer: PlainConsumer): Promise<Message | undefined> {
    try {
      return await consumer.receive();
    } catch (cause) {
      if (this.stop.signal.aborted || lasting.isReplacing(consumer)) return undefined;
      const error = fromAddon(cause, `receive of ${this.name}`);
      this.log('error', error.message);
      // Only `close` of the whole client gets here with `cancelled`.
      if (error.code === 'cancelled') this.stop.abort();
      await delay(RECEIVE_RETRY_MS, undefined, { signal: this.stop.signal }).catch(() => undefined);
      return undefined;
    }
  }

  private async handle(consumer: PlainConsumer, message: Message): Promise<void> {
    if (this.stop.signal.aborted) return;
    try {
      await this.handler(incoming(consumer, message));
    } catch (error) {
      this.log('error', `handler of ${this.name} failed: ${PlatformError.from(error).message}`);
    }
  }
}

function incoming(consumer: PlainConsumer, message: Message): IncomingMessage {
  return {
    properties: readHeader(message),
    payload: message.getData(),
    key: message.getPartitionKey(),
    sentAtMs: message.getPublishTimestamp(),
    ack: async () => {
      try {
        await consumer.acknowledge(message);
      } catch (error) {
        throw fromAddon(error, 'acknowledge');
      }
    },
  };
}
