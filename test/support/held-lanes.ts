/** A broker that hands nothing over by itself: what was sent lies there until the test delivers it, loses it or repeats it. */
import { decodeHeader } from '../../core/codec/envelope.ts';
import { PlatformError } from '../../core/errors.ts';
import type {
  IncomingMessage,
  MessageBus,
  MessageHandler,
  OutgoingMessage,
  Subscription,
} from '../../core/messaging/port.ts';
import type { RecordingCluster } from '../unit/infra-node/recording-cluster.ts';

export type Fate = 'arrives' | 'is lost' | 'comes twice';

export type LaneKind = 'own' | 'slot' | 'reader';

interface Feed {
  readonly host: string;
  /** The host's own lane, its slot of a VPC, or what it reads along. */
  readonly kind: LaneKind;
  /** Index of the next message in what was sent; undefined = there is none. */
  readonly next: (from: number) => number | undefined;
  readonly message: (index: number) => OutgoingMessage;
  readonly handler: MessageHandler;
  /** Indices of what needs not be delivered again. */
  readonly done: Set<number>;
  at: number;
  work: Promise<void>;
  isClosed: boolean;
}

export class HeldLanes {
  readonly #cluster: RecordingCluster;
  /** Of the host lanes. */
  readonly #hosts: string;
  readonly #feeds = new Set<Feed>();
  /** By slot. */
  readonly #done = new Map<string, Set<number>>();
  readonly #taken = new Set<string>();

  constructor(cluster: RecordingCluster, hosts: string) {
    this.#cluster = cluster;
    this.#hosts = hosts;
  }

  busOf(host: string, onReport: (payload: Buffer) => Promise<void>): MessageBus {
    const never = (): Promise<never> => Promise.reject(new PlatformError('internal', 'no host does that'));
    return {
      ...{ sendToSlot: never, publish: never, subscribeGroup: never, close: () => Promise.resolve() },
      sendByKey: (_topic, _partitions, _key, { payload }) => onReport(payload),
      subscribeSlot: ({ address, handler }) => {
        const { topic, partition, slot } = address;
        const name = `${topic} ${partition} ${slot}`;
        if (this.#taken.has(name)) {
          return Promise.reject(new PlatformError('failed_precondition', 'another consumer is there'));
        }
        this.#taken.add(name);
        const messages = this.#cluster.slot(address);
        const done = this.#done.get(name) ?? new Set<number>();
        this.#done.set(name, done);
        const feed = this.#open({
          ...{ host, kind: topic === this.#hosts ? 'own' : 'slot', handler, done, at: 0 },
          next: (from) => {
            for (let i = from; i < messages.length; i++) if (!done.has(i)) return i;
            return undefined;
          },
          message: (i) => at(messages, i),
        });
        return Promise.resolve(this.#subscription(feed, () => this.#taken.delete(name)));
      },
      read: ({ at: { topic, partition }, handler }) => {
        const { published } = this.#cluster;
        const feed = this.#open({
          ...{ host, kind: 'reader', handler, done: new Set<number>(), at: published.length },
          next: (from) => {
            const isHere = (each: (typeof published)[number], i: number): boolean =>
              i >= from && each.topic === topic && each.partition === partition;
            const found = published.findIndex(isHere);
            return found < 0 ? undefined : found;
          },
          message: (i) => at(published, i),
        });
        return Promise.resolve(this.#subscription(feed, () => undefined));
      },
    };
  }

  /**
   * So many messages of the host's lanes of one kind. Of what does not lie with readers only changes of VPCs are lost: all
   * else nobody would send again here.
   */
  deliver(host: string, kind: LaneKind, count: number, fate: Fate = 'arrives'): boolean {
    let any = false;
    for (const feed of this.#feeds) {
      if (feed.host !== host || feed.kind !== kind) continue;
      for (let n = 0; n < count; n++) any = this.#step(feed, fate) || any;
    }
    return any;
  }

  #step(feed: Feed, fate: Fate): boolean {
    const index = feed.next(feed.at);
    if (index === undefined) return false;
    feed.at = index + 1;
    const message = feed.message(index);
    if (fate === 'is lost' && (feed.kind === 'reader' || (feed.kind === 'slot' && isChange(message)))) {
      feed.done.add(index);
      return true;
    }
    this.#hand(feed, index, message);
    if (fate === 'comes twice') this.#hand(feed, index, message);
    return true;
  }

  #hand(feed: Feed, index: number, message: OutgoingMessage): void {
    const incoming: IncomingMessage = {
      ...message,
      ...{ key: '', sentAtMs: 0 },
      ack: () => Promise.resolve(void feed.done.add(index)),
    };
    feed.work = feed.work.then(async () => {
      if (!feed.isClosed) await feed.handler(incoming);
    });
  }

  #open(feed: Omit<Feed, 'work' | 'isClosed'>): Feed {
    const open: Feed = { ...feed, work: Promise.resolve(), isClosed: false };
    this.#feeds.add(open);
    return open;
  }

  #subscription(feed: Feed, onClosed: () => void): Subscription {
    return {
      close: async () => {
        feed.isClosed = true;
        this.#feeds.delete(feed);
        await feed.work;
        onClosed();
      },
    };
  }
}

function isChange({ properties }: OutgoingMessage): boolean {
  return decodeHeader(properties).kind === 'changes';
}

function at(messages: readonly OutgoingMessage[], index: number): OutgoingMessage {
  const message = messages[index];
  if (message === undefined) throw new Error(`no message ${index}`);
  return message;
}
