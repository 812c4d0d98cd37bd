import { invalid, PlatformError } from '../../core/errors.ts';
import type {
  GroupSubscribe,
  MessageBus,
  OutgoingMessage,
  PartitionRead,
  SlotAddress,
  SlotSubscribe,
  Subscription,
  TopicPartition,
} from '../../core/messaging/port.ts';
import { keyForSlot, partitionOf, SLOT_COUNT, slotOf } from '../../core/placement/slots.ts';
import { Member } from './bus-member.ts';
import type { LogHook, MemberOptions } from './bus-member.ts';
import { Reader } from './bus-reader.ts';
import type { Topics } from './bus-topics.ts';
import type { Turns } from './bus-turns.ts';

/** The limit of a real broker's default configuration. */
const MAX_MESSAGE_BYTES = 5 * 1024 * 1024;

/** One client of an in-process cluster. Payloads are shared with the receivers, not copied: do not change them. */
export class MemoryBus implements MessageBus {
  private readonly topics: Topics;
  private readonly turns: Turns;
  private readonly log: LogHook;
  private readonly members = new Set<Subscription>();
  private closed = false;

  constructor(topics: Topics, turns: Turns, log: LogHook) {
    this.topics = topics;
    this.turns = turns;
    this.log = log;
  }

  async sendToSlot(address: SlotAddress, message: OutgoingMessage): Promise<void> {
    checkSlot(address.slot);
    this.publishKeyed(address, address.slot, keyForSlot(address.slot), message);
    await this.turns.step();
  }

  async sendByKey(topic: string, partitions: number, key: string, message: OutgoingMessage): Promise<void> {
    this.publishKeyed({ topic, partition: partitionOf(key, partitions) }, slotOf(key), key, message);
    await this.turns.step();
  }

  async publish(to: TopicPartition, message: OutgoingMessage): Promise<void> {
    this.publishKeyed(to, slotOf(''), '', message);
    await this.turns.step();
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- failures are rejections
  async read({ at, readerName, handler }: PartitionRead): Promise<Subscription> {
    this.refuseWhenClosed();
    const { readers } = this.topics.partition(at);
    const onClosed = (): void => {
      readers.delete(reader);
      this.members.delete(reader);
    };
    const reader = new Reader({ readerName, handler, turns: this.turns, log: this.log, onClosed });
    readers.add(reader);
    this.members.add(reader);
    return reader;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- failures are rejections
  async subscribeSlot(options: SlotSubscribe): Promise<Subscription> {
    const { address, subscription, consumerName, handler } = options;
    checkSlot(address.slot);
    const queues = [this.topics.queue(address, subscription)];
    return this.subscribe({ sharing: 'slot', slot: address.slot, queues, consumerName, handler });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- failures are rejections
  async subscribeGroup(options: GroupSubscribe): Promise<Subscription> {
    const { topic, partitions, subscription, consumerName, handler, order } = options;
    const queues = Array.from({ length: partitions }, (_, partition) =>
      this.topics.queue({ topic, partition }, subscription),
    );
    return this.subscribe({ sharing: order, queues, consumerName, handler });
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.members].map((member) => member.close()));
    this.members.clear();
  }

  private subscribe(options: Omit<MemberOptions, 'turns' | 'log'>): Subscription {
    this.refuseWhenClosed();
    const member = new Member({ ...options, turns: this.turns, log: this.log });
    this.members.add(member);
    return {
      close: async () => {
        await member.close();
        this.members.delete(member);
      },
    };
  }

  private publishKeyed(at: TopicPartition, slot: number, key: string, message: OutgoingMessage): void {
    this.refuseWhenClosed();
    if (message.payload.length > MAX_MESSAGE_BYTES) {
      throw new PlatformError('resource_exhausted', `message of ${message.payload.length} bytes is too big`);
    }
    const partition = this.topics.partition(at);
    partition.messagesIn++;
    const now = Date.now();
    for (const queue of partition.subscriptions.values()) queue.publish(slot, key, message, now);
    for (const reader of partition.readers) reader.push(message, now);
  }

  private refuseWhenClosed(): void {
    if (this.closed) throw new PlatformError('cancelled', 'the bus is closed');
  }
}

function checkSlot(slot: number): void {
  if (!Number.isInteger(slot) || slot < 1 || slot >= SLOT_COUNT)
    throw invalid('slot', `${slot} is not a slot`);
}
