/**
 * The messaging port, in our terms. A topic is a full name without partition; every address names its partition,
 * which comes from the registry and never from a client's router.
 *
 * Delivery is at least once and in order per (topic, partition, slot) or key. A message that was not acknowledged
 * comes again, at the latest when its consumer was closed and a new one took its place.
 */

export interface TopicPartition {
  /** `persistent://tenant/namespace/name` */
  readonly topic: string;
  readonly partition: number;
}

export interface SlotAddress extends TopicPartition {
  /** 1..65535; 0 is never used (newer brokers remap it to 1). */
  readonly slot: number;
}

export type Properties = Readonly<Record<string, string>>;

export interface OutgoingMessage {
  readonly properties: Properties;
  readonly payload: Buffer;
}

export interface IncomingMessage {
  readonly properties: Properties;
  readonly payload: Buffer;
  /** The key that the message was sent with; for slot messages the slot's key. */
  readonly key: string;
  /** When the producer sent it, milliseconds since the epoch. */
  readonly sentAtMs: number;
  ack(): Promise<void>;
}

/**
 * Called for one message at a time per subscription, in order; the next one waits until it resolves. It need not
 * acknowledge before it resolves. A throw is logged, leaves the message unacknowledged, and does not stop delivery.
 */
export type MessageHandler = (message: IncomingMessage) => Promise<void>;

export interface Subscription {
  /** Stops delivery; resolves when no handler runs any more. Unacknowledged messages go to whoever comes next. */
  close(): Promise<void>;
}

export interface SlotSubscribe {
  readonly address: SlotAddress;
  /** The durable Key_Shared subscription that all hosts of the topic share. */
  readonly subscription: string;
  /** Shown in the broker's statistics. */
  readonly consumerName: string;
  readonly handler: MessageHandler;
  /** Messages that may lie in the client, unhandled; bounds memory. */
  readonly receiveQueue?: number;
}

export interface GroupSubscribe {
  readonly topic: string;
  readonly partitions: number;
  readonly subscription: string;
  readonly consumerName: string;
  /** `by-key`: one member at a time handles a key, in order. `any`: any member handles any message. */
  readonly order: 'by-key' | 'any';
  readonly handler: MessageHandler;
  readonly receiveQueue?: number;
}

export interface PartitionRead {
  readonly at: TopicPartition;
  /** Shown in the broker's statistics. */
  readonly readerName: string;
  /** `ack` of its messages does nothing. */
  readonly handler: MessageHandler;
  /**
   * Called when a reader that was lost is there again, or another in its place: it goes on after what was last received,
   * but some of it may be gone by then.
   */
  readonly onReturned?: () => void;
}

export interface MessageBus {
  /** Sends to the one consumer of a slot, now or when it comes; resolves when the broker has it durably. */
  sendToSlot(address: SlotAddress, message: OutgoingMessage): Promise<void>;
  /** Sends by key: the partition is `partitionOf(key, partitions)`. */
  sendByKey(topic: string, partitions: number, key: string, message: OutgoingMessage): Promise<void>;
  /** Sends to all who read the partition; resolves when the broker has it durably. */
  publish(to: TopicPartition, message: OutgoingMessage): Promise<void>;
  /**
   * Reads, beside all others, what is published to the partition from the time when this resolves, in order. Nothing is
   * kept for a reader: one that comes later, or falls far behind, misses messages and has to notice by itself.
   */
  read(options: PartitionRead): Promise<Subscription>;
  /** Throws PlatformError `failed_precondition` while another consumer holds the slot. */
  subscribeSlot(options: SlotSubscribe): Promise<Subscription>;
  subscribeGroup(options: GroupSubscribe): Promise<Subscription>;
  close(): Promise<void>;
}

export interface SlotConsumerStats {
  readonly consumerName: string;
  /** Inclusive ranges of slots. */
  readonly ranges: readonly (readonly [start: number, end: number])[];
  readonly unacknowledged: number;
}

export interface TopicStats {
  /** Number of partitions. */
  readonly partitions: number;
  /** Messages published since the topic was loaded, all partitions together. */
  readonly messagesIn: number;
  readonly subscriptions: Readonly<
    Record<
      string,
      { readonly backlog: number; readonly consumers: readonly (SlotConsumerStats & TopicPartition)[] }
    >
  >;
}

/** A group of topics with the same rules. */
export interface NamespacePolicy {
  /** Without the tenant. */
  readonly name: string;
  /** How long messages stay that every subscription acknowledged; 0, the default, is not at all. */
  readonly retentionMinutes?: number;
  /** With `retentionMinutes`: -1, the default, is without limit of size. */
  readonly retentionMegabytes?: number;
  /** Whether a consumer may make its durable subscription by coming; default false. */
  readonly autoSubscriptions?: boolean;
}

/** What only an administrator of the bus may do. All calls can be repeated. */
export interface TopicAdmin {
  /** Resolves when the cluster can take topics; makes tenant and namespaces with their policies where missing. */
  prepare(): Promise<void>;
  /** Makes the topic and its durable subscriptions, or adds partitions; never takes any away. */
  ensureTopic(topic: string, partitions: number, subscriptions: readonly string[]): Promise<void>;
  deleteTopic(topic: string): Promise<void>;
  /** Undefined where there is no such topic. */
  topicStats(topic: string): Promise<TopicStats | undefined>;
}

/** One Pulsar cluster. */
export interface MessagingCluster {
  readonly name: string;
  readonly bus: MessageBus;
  readonly admin: TopicAdmin;
}
