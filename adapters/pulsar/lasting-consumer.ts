import type { Consumer } from 'pulsar-client';
import { PlatformError } from '../../core/errors.ts';
import { retry } from '../../core/retry.ts';
import type { LogHook } from './addon.ts';
import type { Looks } from './looks.ts';

export type PlainConsumer = Pick<Consumer, 'receive' | 'acknowledge' | 'isConnected' | 'close'>;

export interface LastingOptions {
  readonly name: string;
  /** Makes another one like the first. */
  readonly subscribe: () => Promise<PlainConsumer>;
  /** Makes an attempt when it is this one's turn among those that want to; default: at once. */
  readonly turn?: <T>(attempt: () => Promise<T>) => Promise<T>;
  readonly log: LogHook;
  /** At the connection. */
  readonly looks: Looks;
  /** Called when the client has got back one that was lost, or another one has taken its place. */
  readonly onReturned?: (() => void) | undefined;
  /** How long the client may take to connect again; default 30,000. */
  readonly patienceMs?: number;
  /** Longest pause between attempts to subscribe anew; default 2,000. */
  readonly maxPauseMs?: number;
}

/**
 * A consumer that is not left to the client for good once its connection is lost. The client goes on trying, but
 * doubles its pauses up to a minute while the broker is away, or refuses it because another consumer is where it was;
 * and it tells nobody. A new consumer in its place gets what was not acknowledged. That takes patience, since an attempt
 * of the client that waits in a busy broker is lost when it is given up. Until it is the consumer's turn to be replaced
 * the client may still get it back, which costs the broker less.
 */
export class LastingConsumer {
  readonly #options: LastingOptions;
  readonly #stop = new AbortController();
  readonly #stopped: Promise<void>;
  readonly #unwatch: () => void;
  #current: PlainConsumer;
  #replacing: Promise<void> | undefined;
  /** The current one was closed, to be replaced. */
  #isGone = false;
  #lostAtMs: number | undefined;

  constructor(consumer: PlainConsumer, options: LastingOptions) {
    this.#options = options;
    this.#current = consumer;
    this.#stopped = new Promise((resolve) => {
      this.#stop.signal.addEventListener('abort', () => {
        resolve();
      });
    });
    this.#unwatch = options.looks.add(() => {
      this.#look();
    });
  }

  /** The one to receive from; undefined when this was closed. */
  async current(): Promise<PlainConsumer | undefined> {
    const { signal } = this.#stop;
    // The client may take a quarter of a minute to give an attempt up.
    while (this.#isGone && this.#replacing !== undefined && !signal.aborted) {
      await Promise.race([this.#replacing, this.#stopped]);
    }
    return signal.aborted ? undefined : this.#current;
  }

  /** True for one that was given up: what it says about itself does not matter. */
  isReplacing(consumer: PlainConsumer): boolean {
    return this.#isGone || consumer !== this.#current;
  }

  async close(): Promise<void> {
    this.#end();
    await this.#current.close();
  }

  #look(): void {
    if (this.#replacing !== undefined) return;
    if (this.#current.isConnected()) {
      if (this.#lostAtMs === undefined) return;
      this.#lostAtMs = undefined;
      this.#options.onReturned?.();
      return;
    }
    this.#lostAtMs ??= performance.now();
    if (performance.now() - this.#lostAtMs < (this.#options.patienceMs ?? 30_000)) return;
    this.#lostAtMs = undefined;
    this.#replacing = this.#replace().finally(() => {
      this.#replacing = undefined;
    });
  }

  async #replace(): Promise<void> {
    const { name, turn = atOnce, log, onReturned, maxPauseMs = 2_000 } = this.#options;
    const { signal } = this.#stop;
    try {
      const next = await retry(() => turn(() => this.#attempt()), {
        ...{ attempts: Infinity, baseMs: 100, maxMs: maxPauseMs, signal },
        retryIf: (error) => PlatformError.from(error).code !== 'cancelled',
      });
      if (signal.aborted) {
        await closeAll([next]);
        return;
      }
      this.#current = next;
      this.#isGone = false;
      onReturned?.();
    } catch (error) {
      // Aborted, or its client is closed.
      log('debug', `${name} ends: ${PlatformError.from(error).message}`);
      this.#end();
    }
  }

  /** The one that the client has got back while others had their turn, or another one. */
  async #attempt(): Promise<PlainConsumer> {
    const { name, subscribe, log } = this.#options;
    this.#stop.signal.throwIfAborted();
    if (!this.#isGone) {
      if (this.#current.isConnected()) return this.#current;
      log('warn', `${name} has lost its connection and subscribes anew`);
      // First, so that it does not come back beside the new one.
      this.#isGone = true;
      await closeAll([this.#current]);
    }
    return subscribe();
  }

  #end(): void {
    this.#unwatch();
    this.#stop.abort(new PlatformError('cancelled', `${this.#options.name} is closed`));
  }
}

const atOnce = <T>(attempt: () => Promise<T>): Promise<T> => attempt();

export async function closeAll(consumers: readonly { close(): Promise<unknown> }[]): Promise<void> {
  await Promise.all(consumers.map((consumer) => consumer.close().catch(() => undefined)));
}
