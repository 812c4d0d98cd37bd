import type {
  MessageBus,
  MessagingCluster,
  OutgoingMessage,
  SlotAddress,
  Subscription,
  TopicAdmin,
  TopicPartition,
} from '../../../core/messaging/port.ts';
import { decodeWork } from '../../../core/codec/work.ts';
import type { Work } from '../../../core/codec/work.ts';

export interface Keyed extends OutgoingMessage {
  readonly topic: string;
  readonly key: string;
}

/** Keeps what was sent, in order, for the test to look at or to hand to hosts. */
export class RecordingCluster implements MessagingCluster {
  readonly name: string;
  readonly bus: MessageBus;
  readonly admin: TopicAdmin;
  readonly keyed: Keyed[] = [];
  readonly published: (TopicPartition & OutgoingMessage)[] = [];
  readonly #slots = new Map<string, OutgoingMessage[]>();
  /** Throws to make a send fail. */
  onSend: (address: SlotAddress) => void = () => undefined;
  onPublish: (to: TopicPartition) => void = () => undefined;

  constructor(name: string) {
    this.name = name;
    this.bus = {
      sendToSlot: async (address, message) => {
        // Real sends take their time: other sends, and other nodes, get their turn.
        await Promise.resolve();
        this.onSend(address);
        this.slot(address).push(message);
      },
      sendByKey: (topic, _partitions, key, message) => {
        this.keyed.push({ topic, key, ...message });
        return Promise.resolve();
      },
      publish: async (to, message) => {
        await Promise.resolve();
        this.onPublish(to);
        this.published.push({ ...to, ...message });
      },
      read: refuse<Subscription>,
      subscribeSlot: refuse<Subscription>,
      subscribeGroup: refuse<Subscription>,
      close: () => Promise.resolve(),
    };
    this.admin = {
      prepare: () => Promise.resolve(),
      ensureTopic: () => Promise.resolve(),
      deleteTopic: () => Promise.resolve(),
      topicStats: () => Promise.resolve(undefined),
    };
  }

  /** What was sent to a slot; the test may take it out. */
  slot({ topic, partition, slot }: SlotAddress): OutgoingMessage[] {
    const name = `${topic} ${partition} ${slot}`;
    const messages = this.#slots.get(name) ?? [];
    this.#slots.set(name, messages);
    return messages;
  }

  works(topic: string): Work[] {
    return this.keyed
      .filter((message) => message.topic === topic)
      .map(({ properties }) => decodeWork(properties));
  }
}

function refuse<T>(): Promise<T> {
  return Promise.reject(new Error('not here'));
}
