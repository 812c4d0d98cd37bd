import type { Client, Consumer, ConsumerConfig } from 'pulsar-client';
import { invalid, PlatformError } from '../../core/errors.ts';
import type {
  GroupSubscribe,
  MessageBus,
  MessageHandler,
  OutgoingMessage,
  PartitionRead,
  SlotAddress,
  SlotSubscribe,
  Subscription,
  TopicPartition,
} from '../../core/messaging/port.ts';
import { keyForSlot, partitionOf, SLOT_COUNT } from '../../core/placement/slots.ts';
import type { LogHook } from './addon.ts';
import { ConsumerLoop } from './consumer-loop.ts';
import { fromAddon } from './errors.ts';
import { writeHeader } from './header.ts';
import { closeAll, LastingConsumer } from './lasting-consumer.ts';
import type { LastingOptions, PlainConsumer } from './lasting-consumer.ts';
import { Looks } from './looks.ts';
import { Producers } from './producers.ts';
import type { ProducersOptions } from './producers.ts';
import { Reading } from './reading.ts';
import { Resubscribing } from './resubscribing.ts';
import { partitionName } from './topic-producer.ts';

const KEYED_RECEIVE_QUEUE = 100;
/** At connections; at those of readers that have received nothing yet more often, so that no loss is missed. */
const LOOK_MS = 1_000;
const LOOK_CLOSELY_MS = 40;
/** Small, so that a member does not sit on tasks that an idle one could take. */
const ANY_RECEIVE_QUEUE = 10;

export class PulsarBus implements MessageBus {
  private readonly client: Client;
  private readonly producers: Producers;
  private readonly log: LogHook;
  private readonly resubscribing = new Resubscribing();
  private readonly looks = new Looks(LOOK_MS);
  private readonly closeLooks = new Looks(LOOK_CLOSELY_MS);
  private readonly subscriptions = new Set<Subscription>();
  private closing: Promise<void> | undefined;

  constructor(client: Client, producers: ProducersOptions, log: LogHook) {
    this.client = client;
    this.producers = new Producers(client, producers);
    this.log = log;
  }

  sendToSlot(address: SlotAddress, message: OutgoingMessage): Promise<void> {
    return isSlot(address.slot)
      ? this.send(address, keyForSlot(address.slot), message)
      : Promise.reject(notASlot(address.slot));
  }

  sendByKey(topic: string, partitions: number, key: string, message: OutgoingMessage): Promise<void> {
    return this.send({ topic, partition: partitionOf(key, partitions) }, key, message);
  }

  publish(to: TopicPartition, message: OutgoingMessage): Promise<void> {
    return this.send(to, undefined, message, true);
  }

  async read({ at, readerName, handler, onReturned }: PartitionRead): Promise<Subscription> {
    this.refuseWhenClosed();
    const name = `${readerName} on ${partitionName(at)}`;
    const reading = new Reading(this.client, at, readerName, this.closeLooks, this.log);
    const subscribe = (): Promise<PlainConsumer> => {
      this.refuseWhenClosed();
      return reading.open();
    };
    const reader = new LastingConsumer(await subscribe(), { ...this.lasting(name, subscribe), onReturned });
    return this.run([reader], name, handler);
  }

  async subscribeSlot(options: SlotSubscribe): Promise<Subscription> {
    const { address, receiveQueue = KEYED_RECEIVE_QUEUE } = options;
    if (!isSlot(address.slot)) throw notASlot(address.slot);
    const consumer = await this.consume(address, options, receiveQueue, {
      subscriptionType: 'KeyShared',
      keySharedPolicy: {
        keyShareMode: 'Sticky',
        stickyRanges: [{ start: address.slot, end: address.slot }],
      },
    });
    return this.run([consumer], `${options.consumerName} on ${partitionName(address)}`, options.handler);
  }

  async subscribeGroup(options: GroupSubscribe): Promise<Subscription> {
    const { topic, partitions, order } = options;
    const { receiveQueue = order === 'any' ? ANY_RECEIVE_QUEUE : KEYED_RECEIVE_QUEUE } = options;
    const type: Partial<ConsumerConfig> =
      order === 'any'
        ? { subscriptionType: 'Shared' }
        : {
            subscriptionType: 'KeyShared',
            keySharedPolicy: { keyShareMode: 'AutoSplit', allowOutOfOrderDelivery: false },
          };
    const opened = await Promise.allSettled(
      Array.from({ length: partitions }, (_, partition) =>
        this.consume({ topic, partition }, options, receiveQueue, type),
      ),
    );
    const consumers = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = opened.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      await closeAll(consumers);
      throw PlatformError.from(failed.reason);
    }
    return this.run(consumers, `${options.consumerName} on ${topic}`, options.handler);
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
    await this.producers.close();
    await this.client.close().catch((error: unknown) => {
      this.log('warn', fromAddon(error, 'close').message);
    });
  }

  private send(
    to: TopicPartition,
    key: string | undefined,
    { payload: data, properties }: OutgoingMessage,
    isForMany = false,
  ): Promise<void> {
    if (this.closing !== undefined) return Promise.reject(closed());
    const message = {
      data,
      properties: writeHeader(properties),
      ...(key === undefined ? {} : { partitionKey: key }),
    };
    return this.producers.send(to, message, isForMany);
  }

  private async consume(
    at: TopicPartition,
    { subscription, consumerName }: { readonly subscription: string; readonly consumerName: string },
    receiverQueueSize: number,
    type: Partial<ConsumerConfig>,
  ): Promise<LastingConsumer> {
    const subscribe = () => this.consumeOnce(at, { subscription, consumerName }, receiverQueueSize, type);
    const name = `${consumerName} on ${partitionName(at)}`;
    return new LastingConsumer(await subscribe(), this.lasting(name, subscribe));
  }

  private lasting(name: string, subscribe: () => Promise<PlainConsumer>): LastingOptions {
    return {
      ...{ name, subscribe, looks: this.looks, log: this.log },
      turn: (attempt) => this.resubscribing.run(attempt),
    };
  }

  private async consumeOnce(
    at: TopicPartition,
    { subscription, consumerName }: { readonly subscription: string; readonly consumerName: string },
    receiverQueueSize: number,
    type: Partial<ConsumerConfig>,
  ): Promise<Consumer> {
    this.refuseWhenClosed();
    const topic = partitionName(at);
    try {
      return await this.client.subscribe({
        topic,
        subscription,
        consumerName,
        receiverQueueSize,
        subscriptionInitialPosition: 'Earliest',
        ...type,
      });
    } catch (error) {
      throw fromAddon(error, `subscription ${subscription} of ${topic}`);
    }
  }

  private async run(
    consumers: readonly LastingConsumer[],
    name: string,
    handler: MessageHandler,
  ): Promise<Subscription> {
    if (this.closing !== undefined) {
      await closeAll(consumers);
      this.refuseWhenClosed();
    }
    const loop = new ConsumerLoop(consumers, name, handler, this.log);
    this.subscriptions.add(loop);
    return {
      close: async () => {
        await loop.close();
        this.subscriptions.delete(loop);
      },
    };
  }

  private refuseWhenClosed(): void {
    if (this.closing !== undefined) throw closed();
  }
}

function isSlot(slot: number): boolean {
  return Number.isInteger(slot) && slot >= 1 && slot < SLOT_COUNT;
}

function notASlot(slot: number): PlatformError {
  return invalid('slot', `${slot} is not a slot`);
}

function closed(): PlatformError {
  return new PlatformError('cancelled', 'the bus is closed');
}
