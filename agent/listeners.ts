import { PlatformError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Subscription } from '../core/messaging/port.ts';
import { retry } from '../core/retry.ts';
import type { Backoff } from './ports.ts';

interface Listener {
  readonly cluster: string;
  readonly stop: AbortController;
  /** Undefined until it stands. */
  subscription: Subscription | undefined;
  /** Resolves when it stands, or was stopped before. */
  attempt?: Promise<void>;
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

  /** Those that go by way of a cluster. */
  namesOn(cluster: string): string[] {
    return this.names().filter((name) => this.#listeners.get(name)?.cluster === cluster);
  }

  isListening(name: string): boolean {
    return this.#listeners.get(name)?.subscription !== undefined;
  }

  /** Resolves when it listens, or was closed before. */
  async open(name: string, cluster: string, subscribe: () => Promise<Subscription>): Promise<void> {
    // What is still being applied while the agent closes may call for more.
    if (this.#isClosed) return;
    let listener = this.#listeners.get(name);
    if (listener === undefined) {
      listener = { cluster, stop: new AbortController(), subscription: undefined };
      this.#listeners.set(name, listener);
      listener.attempt = this.#attempt(name, listener, subscribe);
    }
    await listener.attempt;
  }

  /**
   * Not to be awaited by the listener's own handler: it resolves after the handler. An attempt that has got no answer yet
   * may never get one and is not waited for; what comes of it is closed then.
   */
  async close(name: string): Promise<void> {
    const listener = this.#listeners.get(name);
    if (listener === undefined) return this.#closing.get(name);
    this.#listeners.delete(name);
    listener.stop.abort(new PlatformError('cancelled', `${name} is not wanted any more`));
    if (listener.subscription === undefined) return;
    const closing = this.#end(name, listener.subscription);
    this.#closing.set(name, closing);
    await closing;
    if (this.#closing.get(name) === closing) this.#closing.delete(name);
  }

  /** For good. */
  async closeAll(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.names().map((name) => this.close(name)), ...this.#closing.values()]);
  }

  async #attempt(name: string, listener: Listener, subscribe: () => Promise<Subscription>): Promise<void> {
    const { signal } = listener.stop;
    await this.#closing.get(name);
    let isFirst = true;
    try {
      const subscription = await retry(subscribe, {
        ...this.#retry,
        attempts: Infinity,
        signal,
        retryIf: (error) => {
          if (isFirst) this.#logger.info('a subscription does not stand yet', { name, error });
          isFirst = false;
          return true;
        },
      });
      if (signal.aborted) await this.#end(name, subscription);
      else listener.subscription = subscription;
    } catch (error) {
      if (!signal.aborted) this.#logger.error('a subscription failed', { name, error });
    }
  }

  async #end(name: string, subscription: Subscription): Promise<void> {
    try {
      await subscription.close();
    } catch (error) {
      this.#logger.warn('a subscription did not close', { name, error });
    }
  }
}
