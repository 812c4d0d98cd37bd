import type { MessageHandler, OutgoingMessage, Subscription } from '../../core/messaging/port.ts';
import { Fifo } from './bus-fifo.ts';
import type { LogHook } from './bus-member.ts';
import type { Turns } from './bus-turns.ts';

export interface ReaderOptions {
  readonly readerName: string;
  readonly handler: MessageHandler;
  readonly turns: Turns;
  readonly log: LogHook;
  /** Called at the end of `close`. */
  readonly onClosed: () => void;
}

interface Published {
  readonly message: OutgoingMessage;
  readonly sentAtMs: number;
}

/** Gets all that is published to one partition while it is open. */
export class Reader implements Subscription {
  readonly #options: ReaderOptions;
  readonly #pending = new Fifo<Published>();
  #work: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  push(message: OutgoingMessage, sentAtMs: number): void {
    if (this.#isClosed) return;
    this.#pending.push({ message, sentAtMs });
    this.#work ??= this.#run().finally(() => {
      this.#work = undefined;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
    this.#options.onClosed();
  }

  async #run(): Promise<void> {
    const { handler, turns, log, readerName } = this.#options;
    // Never inside the call that published the message.
    await Promise.resolve();
    for (;;) {
      const full = turns.step();
      if (full !== undefined) await full;
      const next = this.#isClosed ? undefined : this.#pending.shift();
      if (next === undefined) return;
      const { message, sentAtMs } = next;
      try {
        await handler({ ...message, key: '', sentAtMs, ack: () => Promise.resolve() });
      } catch (error) {
        log('error', `handler of ${readerName} failed: ${String(error)}`);
      }
    }
  }
}
