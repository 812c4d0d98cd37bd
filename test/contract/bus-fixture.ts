import type {
  IncomingMessage,
  MessagingCluster,
  OutgoingMessage,
  Subscription,
} from '../../core/messaging/port.ts';
import { PlatformError } from '../../core/errors.ts';

/** A client of the cluster under test. */
export interface Connection extends MessagingCluster {
  close(): Promise<void>;
}

export interface ClusterUnderTest {
  /** `persistent://tenant/namespace`, for this run alone. */
  readonly namespace: string;
  connect(): Promise<Connection>;
  /** Where a client could keep a process alive: runs one that closes it. */
  readonly expectExitAfterClose?: (topic: string) => Promise<void>;
  close(): Promise<void>;
}

export const SUBSCRIPTION = 'hosts';

let topics = 0;

/** Two clients, and what the tests make on them. */
export class BusFixture {
  readonly namespace: string;
  readonly first: Connection;
  readonly second: Connection;
  private readonly made: string[] = [];
  private readonly opened: Subscription[] = [];

  constructor(namespace: string, first: Connection, second: Connection) {
    this.namespace = namespace;
    this.first = first;
    this.second = second;
  }

  newTopicName(): string {
    const topic = `${this.namespace}/topic-${process.pid}-${topics++}`;
    this.made.push(topic);
    return topic;
  }

  async topic(partitions = 1): Promise<string> {
    const topic = this.newTopicName();
    await this.first.admin.ensureTopic(topic, partitions, [SUBSCRIPTION]);
    return topic;
  }

  async slot(
    topic: string,
    slot: number,
    handler: (message: IncomingMessage) => Promise<void>,
    { on = this.first, partition = 0 } = {},
  ): Promise<Subscription> {
    const subscription = await on.bus.subscribeSlot({
      address: { topic, partition, slot },
      subscription: SUBSCRIPTION,
      consumerName: `host-${slot}`,
      handler,
    });
    this.opened.push(subscription);
    return subscription;
  }

  async group(
    topic: string,
    order: 'by-key' | 'any',
    handler: (message: IncomingMessage) => Promise<void>,
    { on = this.first, partitions = 1, consumerName = 'member', receiveQueue = 10 } = {},
  ): Promise<Subscription> {
    const subscription = await on.bus.subscribeGroup({
      ...{ topic, partitions, subscription: SUBSCRIPTION, consumerName, order, handler, receiveQueue },
    });
    this.opened.push(subscription);
    return subscription;
  }

  async read(
    topic: string,
    handler: (message: IncomingMessage) => Promise<void>,
    { on = this.first, partition = 0 } = {},
  ): Promise<Subscription> {
    const subscription = await on.bus.read({ at: { topic, partition }, readerName: 'reader', handler });
    this.opened.push(subscription);
    return subscription;
  }

  async send(topic: string, slot: number, ...bodies: readonly string[]): Promise<void> {
    const address = { topic, partition: 0, slot };
    await Promise.all(bodies.map((body) => this.first.bus.sendToSlot(address, message(body))));
  }

  async cleanUp(): Promise<void> {
    await Promise.all(this.opened.splice(0).map((subscription) => subscription.close()));
    await Promise.all(this.made.splice(0).map((topic) => this.first.admin.deleteTopic(topic)));
  }
}

/** Keeps what it gets, acknowledging it unless told otherwise. */
export class Inbox {
  readonly messages: IncomingMessage[] = [];
  private readonly acknowledges: boolean;

  constructor({ acknowledges = true } = {}) {
    this.acknowledges = acknowledges;
  }

  readonly handler = async (incoming: IncomingMessage): Promise<void> => {
    this.messages.push(incoming);
    if (this.acknowledges) await incoming.ack();
  };

  get bodies(): string[] {
    return this.messages.map(({ payload }) => payload.toString());
  }
}

export function message(body: string, properties: Readonly<Record<string, string>> = {}): OutgoingMessage {
  return { properties, payload: Buffer.from(body) };
}

export function numbered(count: number, prefix = ''): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

/** The code that the promise fails with; undefined where it succeeds. */
export function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) =>
      error instanceof PlatformError ? error.code : `not a PlatformError: ${String(error)}`,
  );
}
