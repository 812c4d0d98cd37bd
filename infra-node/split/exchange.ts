import { randomUUID } from 'node:crypto';
import { PlatformError } from '../../core/errors.ts';
import type { IncomingMessage, Subscription } from '../../core/messaging/port.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import type { Node } from '../node.ts';
import { Places } from '../places.ts';
import type { Chunk } from './chunk.ts';
import { chunkIdOf, decodeChunk, encodeChunk, encodeDone } from './codec.ts';
import { sendChunk } from './send-chunk.ts';

/** One is sent while the broker confirms another. */
const AT_ONCE = 2;
/** Well under the broker's 5 MiB. */
const MAX_CHUNK_BYTES = 4_000_000;

interface Offer {
  readonly chunk: Chunk;
  readonly onDone: () => void;
}

/**
 * Offers chunks to all nodes, this one among them: whichever has room takes one, does it, and says so to all. Nothing
 * is promised of a single chunk: who offered it does it if nobody says that it is done.
 */
export class Exchange {
  readonly #node: Node;
  /** In the ids of this node's offers. A node that starts again must not take an old answer for one to a new offer. */
  readonly #name = `${randomUUID()}/`;
  readonly #offers = new Map<string, Offer>();
  readonly #places = new Places(AT_ONCE);
  readonly #running = new Set<Promise<void>>();
  readonly #subscriptions: Subscription[] = [];
  #offered = 0;
  #isClosing = false;

  private constructor(node: Node) {
    this.#node = node;
  }

  /** Throws `unavailable` while the topics are not there. */
  static async open(node: Node): Promise<Exchange> {
    const { bus, admin } = node.home;
    const { chunks, chunksDone } = node.topics;
    if ((await admin.topicStats(chunks)) === undefined) {
      throw new PlatformError('unavailable', 'there is no topic for chunks yet');
    }
    const exchange = new Exchange(node);
    try {
      const done = await bus.read({
        at: { topic: chunksDone, partition: 0 },
        readerName: node.name,
        handler: (message) => {
          exchange.#isDone(chunkIdOf(message));
          return Promise.resolve();
        },
      });
      exchange.#subscriptions.push(done);
      const taking = await bus.subscribeGroup({
        topic: chunks,
        partitions: 1,
        subscription: subscriptions.infra,
        consumerName: node.name,
        order: 'any',
        receiveQueue: 1,
        handler: (message) => exchange.#take(message),
      });
      exchange.#subscriptions.push(taking);
    } catch (error) {
      await exchange.close();
      throw error;
    }
    return exchange;
  }

  /** Its id, until it is done or withdrawn; undefined = it is too large for a message. */
  offer(chunk: Chunk, onDone: () => void): string | undefined {
    const { home, topics, logger } = this.#node;
    const id = `${this.#name}${this.#offered++}`;
    const message = encodeChunk(id, chunk);
    if (message.payload.length > MAX_CHUNK_BYTES) return undefined;
    this.#offers.set(id, { chunk, onDone });
    this.#node.count('chunks');
    home.bus.publish({ topic: topics.chunks, partition: 0 }, message).catch((error: unknown) => {
      logger.warn('a chunk could not be offered', { scope: chunk.scope, error });
    });
    return id;
  }

  withdraw(id: string): void {
    this.#offers.delete(id);
  }

  /** Finishes what it has taken. Nothing may be offered any more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#running);
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
  }

  /** Resolves when there is room for the next one. */
  async #take(message: IncomingMessage): Promise<void> {
    const release = await this.#places.take();
    // Left to the others; acknowledgements of what runs need the subscription for a while.
    if (this.#isClosing) {
      await Promise.all(this.#running);
      release();
      return;
    }
    const sending = this.#send(message).finally(release);
    const running = this.#finish(message, sending).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** False = there is nothing to say of it. */
  async #send(message: IncomingMessage): Promise<boolean> {
    const id = chunkIdOf(message);
    const isOwn = id.startsWith(this.#name);
    const chunk = isOwn ? this.#offers.get(id)?.chunk : await this.#readOther(message);
    if (chunk === undefined) return false;
    await sendChunk(this.#node, chunk);
    if (isOwn) this.#isDone(id);
    else this.#node.count('chunksTaken');
    return !isOwn;
  }

  /** It is acknowledged also where it failed: it would come again only to whoever takes this node's place. */
  async #finish(message: IncomingMessage, sending: Promise<boolean>): Promise<void> {
    const { home, topics, logger } = this.#node;
    try {
      if (await sending) {
        const done = encodeDone(chunkIdOf(message));
        await home.bus.publish({ topic: topics.chunksDone, partition: 0 }, done);
      }
    } catch (error) {
      logger.warn('a chunk was not done', { error });
    }
    await message.ack().catch((error: unknown) => {
      logger.debug('a chunk was not acknowledged', { error });
    });
  }

  /** Undefined = nobody waits for it, or it cannot be understood. */
  async #readOther(message: IncomingMessage): Promise<Chunk | undefined> {
    const chunk = this.#decode(message);
    return chunk !== undefined && (await this.#isWanted(chunk)) ? chunk : undefined;
  }

  #decode(message: IncomingMessage): Chunk | undefined {
    try {
      return decodeChunk(message.payload);
    } catch (error) {
      this.#node.count('workMalformed');
      this.#node.logger.warn('a chunk that is not understood', { error });
      this.#node.deadLetters.put({ lane: 'chunks', message, error });
      return undefined;
    }
  }

  /** Not after its turn, or one that repeats it, has advanced. */
  async #isWanted({ scope, incarnation, to }: Chunk): Promise<boolean> {
    const status = await this.#node.store.status(scope);
    return status.incarnation === incarnation && status.dispatched < to;
  }

  #isDone(id: string): void {
    const offer = this.#offers.get(id);
    this.#offers.delete(id);
    if (offer === undefined) return;
    this.#node.count('chunksDone');
    offer.onDone();
  }
}
