import { randomUUID } from 'node:crypto';
import { offAbort, onAbort } from '../../core/abort.ts';
import { decodeHeader, encodeHeader } from '../../core/codec/envelope.ts';
import type { FenceHeader, Header } from '../../core/codec/envelope.ts';
import { PlatformError } from '../../core/errors.ts';
import type { IncomingMessage, SlotAddress, Subscription } from '../../core/messaging/port.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import { pause } from '../../core/retry.ts';
import type { Node } from '../node.ts';

export interface DrainOrder {
  readonly cluster: string;
  readonly address: SlotAddress;
  /** Sent to the slot first; what lies before it is drained. Harmless to a host that receives it after all. */
  readonly fence: FenceHeader;
  /** Whether a message may be thrown away; undefined = it cannot be understood. False ends the draining before it. */
  readonly mayDiscard: (header: Header | undefined) => boolean | Promise<boolean>;
  readonly signal: AbortSignal;
}

export type DrainOutcome =
  /** Nothing that was sent before lies in the slot any more. */
  | 'drained'
  /** Its host listens there, or the broker has not missed it yet. */
  | 'listened-to'
  /** Something lies there that is not to be thrown away, or it took too long. */
  | 'stopped';

/** The host may come back at any time, and is refused meanwhile. */
const LIMIT_MS = 10_000;

const MARK = 'drain';

/** Takes the place of a slot's absent host, and throws away what lies there. */
export async function drainSlot(node: Node, order: DrainOrder): Promise<DrainOutcome> {
  const { bus } = await node.cluster(order.cluster);
  const drain = new Drain(node, order);
  let subscription: Subscription;
  try {
    subscription = await bus.subscribeSlot({
      address: order.address,
      subscription: subscriptions.hosts,
      consumerName: `drain-${node.name}`,
      handler: (message) => drain.take(message),
    });
  } catch (error) {
    if (PlatformError.from(error).code === 'failed_precondition') return 'listened-to';
    throw error;
  }
  node.gauges.slotsParked++;
  try {
    await bus.sendToSlot(order.address, drain.mark());
    return await drain.ended();
  } finally {
    drain.end('stopped');
    node.gauges.slotsParked--;
    await subscription.close();
  }
}

class Drain {
  readonly #node: Node;
  readonly #order: DrainOrder;
  readonly #token = randomUUID();
  readonly #over = new AbortController();
  #outcome: DrainOutcome = 'stopped';

  constructor(node: Node, order: DrainOrder) {
    this.#node = node;
    this.#order = order;
  }

  mark(): { properties: Record<string, string>; payload: Buffer } {
    const properties = { ...encodeHeader(this.#order.fence), [MARK]: this.#token };
    return { properties, payload: Buffer.alloc(0) };
  }

  async take(message: IncomingMessage): Promise<void> {
    // What is not acknowledged goes to whoever comes next.
    if (this.#over.signal.aborted) return;
    try {
      if (message.properties[MARK] === this.#token) {
        await message.ack();
        this.end('drained');
      } else if (await this.#order.mayDiscard(headerOf(message))) {
        await message.ack();
        this.#node.count('messagesDrained');
      } else this.end('stopped');
    } catch (error) {
      // What comes next must not be drained past this one.
      this.end('stopped');
      throw error;
    }
  }

  end(outcome: DrainOutcome): void {
    if (this.#over.signal.aborted) return;
    this.#outcome = outcome;
    this.#over.abort(new PlatformError('cancelled', outcome));
  }

  async ended(): Promise<DrainOutcome> {
    const { signal } = this.#order;
    const stop = (): void => {
      this.end('stopped');
    };
    onAbort(signal, stop);
    await pause(LIMIT_MS, this.#over.signal).catch(() => undefined);
    offAbort(signal, stop);
    return this.#outcome;
  }
}

function headerOf({ properties }: IncomingMessage): Header | undefined {
  try {
    return decodeHeader(properties);
  } catch {
    return undefined;
  }
}
