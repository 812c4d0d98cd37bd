import { PlatformError } from '../../core/errors.ts';
import type { IncomingMessage, MessageHandler, Subscription } from '../../core/messaging/port.ts';
import { Fifo } from './bus-fifo.ts';
import type { Entry, Lane, QueueMember, Sharing, SubscriptionQueue } from './bus-queue.ts';
import type { Turns } from './bus-turns.ts';

export type LogHook = (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void;

export interface MemberOptions {
  readonly consumerName: string;
  readonly sharing: Sharing;
  readonly slot?: number;
  readonly queues: readonly SubscriptionQueue[];
  readonly handler: MessageHandler;
  readonly turns: Turns;
  readonly log: LogHook;
}

/** A consumer on one or more partitions; runs its handler for one message at a time. */
export class Member implements QueueMember, Subscription {
  readonly consumerName: string;
  readonly sharing: Sharing;
  readonly slot: number | undefined;
  private readonly options: MemberOptions;
  private readonly ready = new Fifo<Lane>();
  private readonly inFlight = new Set<Entry>();
  private nextQueue = 0;
  private atWork = false;
  private work: Promise<void> = Promise.resolve();
  private closing: Promise<void> | undefined;
  private left = false;

  constructor(options: MemberOptions) {
    this.options = options;
    this.consumerName = options.consumerName;
    this.sharing = options.sharing;
    this.slot = options.slot;
    const joined: SubscriptionQueue[] = [];
    try {
      for (const queue of options.queues) {
        queue.join(this);
        joined.push(queue);
      }
    } catch (error) {
      this.closing = Promise.resolve();
      for (const queue of joined) queue.leave(this, []);
      throw error;
    }
  }

  offer(lane: Lane): void {
    this.ready.push(lane);
    this.wake();
  }

  wake(): void {
    if (this.atWork || this.closing !== undefined) return;
    this.atWork = true;
    this.work = this.run();
  }

  forget(queue: SubscriptionQueue): void {
    for (const lane of this.ready.drain()) {
      if (lane.queue === queue) lane.ready = false;
      else this.ready.push(lane);
    }
  }

  unacknowledged(queue: SubscriptionQueue): number {
    let count = 0;
    for (const entry of this.inFlight) if (entry.lane.queue === queue) count++;
    return count;
  }

  close(): Promise<void> {
    this.closing ??= this.leave();
    return this.closing;
  }

  private async leave(): Promise<void> {
    await this.work;
    this.left = true;
    for (const queue of this.options.queues) {
      queue.leave(
        this,
        [...this.inFlight].filter((entry) => entry.lane.queue === queue),
      );
    }
    this.inFlight.clear();
  }

  private async run(): Promise<void> {
    // Never inside the call that published the message.
    await Promise.resolve();
    for (;;) {
      const full = this.options.turns.step();
      if (full !== undefined) await full;
      const entry = this.closing === undefined ? this.next() : undefined;
      if (entry === undefined) break;
      this.inFlight.add(entry);
      try {
        await this.options.handler(this.messageOf(entry));
      } catch (error) {
        this.options.log('error', `handler of ${this.consumerName} failed: ${String(error)}`);
      }
    }
    this.atWork = false;
  }

  private next(): Entry | undefined {
    if (this.sharing === 'any') return this.nextShared();
    for (let lane = this.ready.shift(); lane !== undefined; lane = this.ready.shift()) {
      const entry = lane.queue.take(lane, this);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  private nextShared(): Entry | undefined {
    const { queues } = this.options;
    const start = this.nextQueue++;
    const inTurn = queues.map((_, index) => queues[(start + index) % queues.length]);
    for (const queue of inTurn) {
      const lane = queue?.shared.shift();
      const entry = lane && queue?.take(lane, this);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  private messageOf(entry: Entry): IncomingMessage {
    return {
      properties: entry.message.properties,
      payload: entry.message.payload,
      key: entry.key,
      sentAtMs: entry.sentAtMs,
      ack: () => this.acknowledge(entry),
    };
  }

  private acknowledge(entry: Entry): Promise<void> {
    if (entry.acknowledged) return Promise.resolve();
    if (this.left) return Promise.reject(new PlatformError('cancelled', 'the subscription is closed'));
    entry.acknowledged = true;
    this.inFlight.delete(entry);
    entry.lane.queue.acknowledge(entry);
    return Promise.resolve();
  }
}
