import { PlatformError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Subscription } from '../core/messaging/port.ts';
import { retry } from '../core/retry.ts';
import type { Backoff } from './ports.ts';

interface Listener {
  readonly stop: AbortController;
  /** Undefined when it was stopped before it came to listen. */
  readonly subscription: Promise<Subscription | undefined>;
  listening: boolean;
}

/**
 * Subscriptions by name. Each is attempted until it stands or is not wanted any more: the slot may still be held by a
 * consumer that the broker has not missed yet, the topic may be yet to come, the broker may be away.
 */
export class Listeners {
  readonly #logger: Logger;
  readonly #retry: Backoff;
  readonly #listeners = new Map<string, Listener>();
  readonly #closing = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(logger: Logger, backoff: Backoff) {
    this.#logger = logger;
    this.#retry = backoff;
  }

  names(): string[] {
    return [...this.#listeners.keys()];
  }

  isListening(name: string): boolean {
    return this.#listeners.get(name)?.listening === true;
  }

  /** Resolves when it listens, or was closed before. */
  async open(name: string, subscribe: (signal: AbortSignal) => Promise<Subscription>): Promise<void> {
    // What is still being applied while the agent closes may call for more.
    if (this.#isClosed) return;
    let listener = this.#listeners.get(name);
    if (listener === undefined) {
      const stop = new AbortController();
      listener = { stop, subscription: this.#attempt(name, stop.signal, subscribe), listening: false };
      this.#listeners.set(name, listener);
    }
    if ((await listener.subscription) !== undefined) listener.listening = true;
  }

  /** Not to be awaited by the listener's own handler: it resolves after the handler. */
  async close(name: string): Promise<void> {
    const listener = this.#listeners.get(name);
    if (listener === undefined) return this.#closing.get(name);
    this.#listeners.delete(name);
    listener.stop.abort(new PlatformError('cancelled', `${name} is not wanted any more`));
    const end = async (): Promise<void> => {
      try {
        await (await listener.subscription)?.close();
      } catch (error) {
        this.#logger.warn('a subscription did not close', { name, error });
      }
      if (this.#closing.get(name) === closing) this.#closing.delete(name);
    };
    const closing = end();
    this.#closing.set(name, closing);
    return closing;
  }

  /** For good. */
  async closeAll(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.names().map((name) => this.close(name)), ...this.#closing.values()]);
  }

  async #attempt(
    name: string,
    signal: AbortSignal,
    subscribe: (signal: AbortSignal) => Promise<Subscription>,
  ): Promise<Subscription | undefined> {
    await this.#closing.get(name);
    let isFirst = true;
    try {
      const subscription = await retry(() => subscribe(signal), {
        ...this.#retry,
        attempts: Infinity,
        signal,
        retryIf: (error) => {
          if (isFirst) this.#logger.info('a subscription does not stand yet', { name, error });
          isFirst = false;
          return true;
        },
      });
      if (!signal.aborted) return subscription;
      await subscription.close();
    } catch (error) {
      if (!signal.aborted) this.#logger.error('a subscription failed', { name, error });
    }
    return undefined;
  }
}
