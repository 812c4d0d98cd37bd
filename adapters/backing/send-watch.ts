import { PlatformError } from '../../core/errors.ts';
import type { MessageBus } from '../../core/messaging/port.ts';

/**
 * Tells from a program's own messages whether its broker is there: many hosts shall not probe one broker. What it says
 * is as old as the last message; whoever has to know more has the program send one. One for all buses of a program that sends on
 * one of them at a time: what is wrong with a bus that was given up does not count for ever.
 */
export class SendWatch {
  readonly #lateMs: number;
  readonly #now: () => number;
  readonly #begun = new Set<{ readonly atMs: number }>();
  #failure: PlatformError | undefined;
  #confirmedAtMs = -Infinity;

  constructor(lateMs = 2_000, now = () => performance.now()) {
    this.#lateMs = lateMs;
    this.#now = now;
  }

  /** The same bus, watched. */
  over(bus: MessageBus): MessageBus {
    return {
      sendToSlot: (address, message) => this.#watch(() => bus.sendToSlot(address, message)),
      sendByKey: (topic, partitions, key, message) =>
        this.#watch(() => bus.sendByKey(topic, partitions, key, message)),
      publish: (to, message) => this.#watch(() => bus.publish(to, message)),
      read: (options) => bus.read(options),
      subscribeSlot: (options) => bus.subscribeSlot(options),
      subscribeGroup: (options) => bus.subscribeGroup(options),
      close: () => bus.close(),
    };
  }

  /** Since the broker has confirmed a message. */
  get quietMs(): number {
    return this.#now() - this.#confirmedAtMs;
  }

  /** Throws while what is sent does not reach the broker. Knows nothing as long as nothing is sent. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    const [oldest] = this.#begun;
    const waitedMs = oldest === undefined ? 0 : Math.round(this.#now() - oldest.atMs);
    if (waitedMs > this.#lateMs) {
      throw new PlatformError('unavailable', `the broker has not confirmed a message for ${waitedMs} ms`);
    }
  }

  async #watch(send: () => Promise<void>): Promise<void> {
    const sending = { atMs: this.#now() };
    this.#begun.add(sending);
    try {
      await send();
      this.#failure = undefined;
      this.#confirmedAtMs = this.#now();
    } catch (error) {
      this.#failure = PlatformError.from(error);
      throw error;
    } finally {
      this.#begun.delete(sending);
    }
  }
}
