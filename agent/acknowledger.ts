import type { Logger } from '../core/logger.ts';
import type { IncomingMessage } from '../core/messaging/port.ts';

/** Handlers need not wait for the disk, but no more than this many messages may. */
const MAX_UNSYNCED = 1_000;

/** Acknowledges messages once what was made of them is durable. */
export class Acknowledger {
  readonly #durable: () => Promise<void>;
  readonly #logger: Logger;
  readonly #running = new Set<Promise<void>>();
  #messages = 0;

  constructor(durable: () => Promise<void>, logger: Logger) {
    this.#durable = durable;
    this.#logger = logger;
  }

  /** To be called when the messages' effects are on their way to the disk; waits only when too many do. */
  async done(messages: readonly IncomingMessage[]): Promise<void> {
    if (messages.length === 0) return;
    this.#messages += messages.length;
    const running = this.#acknowledge(messages);
    this.#running.add(running);
    void running.finally(() => {
      this.#messages -= messages.length;
      this.#running.delete(running);
    });
    if (this.#messages > MAX_UNSYNCED) await running;
  }

  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Never fails: what is not acknowledged comes again and changes nothing then. */
  async #acknowledge(messages: readonly IncomingMessage[]): Promise<void> {
    try {
      await this.#durable();
      await Promise.all(messages.map((message) => message.ack()));
    } catch (error) {
      this.#logger.debug('an acknowledgement failed', { error });
    }
  }
}
