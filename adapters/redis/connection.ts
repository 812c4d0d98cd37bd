import { Cluster } from 'ioredis';
import type { Redis } from 'ioredis';
import { PlatformError } from '../../core/errors.ts';
import { type Client, createClient } from './client.ts';
import { platformError } from './errors.ts';
import type { RedisStoreOptions } from './options.ts';
import type { ScriptName } from './scripts/all.ts';

const defaultTimeoutMs = 5_000;

/**
 * Sends commands. Each of them ends within the time limit: when Redis is away with `unavailable`, which leaves open
 * whether a command that was sent has been carried out.
 */
export class RedisConnection {
  readonly #client: Client;
  readonly #timeoutMs: number;
  #readiness: Promise<void> | undefined;
  #lastError: Error | undefined;
  #closing: Promise<void> | undefined;
  #isHolding = false;

  constructor(options: RedisStoreOptions) {
    this.#timeoutMs = options.commandTimeoutMs ?? defaultTimeoutMs;
    this.#client = createClient(options, this.#timeoutMs);
    // Kept for the message of the call that fails for it; without a listener ioredis would write to the console.
    this.#client.on('error', (error: Error) => {
      this.#lastError = error;
    });
    this.#client.on('ready', () => {
      this.#lastError = undefined;
    });
  }

  command(name: string, args: readonly (string | number)[]): Promise<unknown> {
    return this.#send(() => this.#client.call(name, [...args]));
  }

  run(name: ScriptName, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.#send(() => {
      // `defineCommand` adds methods that the client's type does not know. One array instead of many arguments,
      // because a call with some 100,000 arguments overflows the stack.
      const method: unknown = Reflect.get(this.#client, name);
      if (typeof method !== 'function') throw new TypeError(`no script ${name}`);
      return Reflect.apply(method, this.#client, [[...keys, ...args]]) as Promise<unknown>;
    });
  }

  async ping(): Promise<void> {
    await this.command('PING', []);
  }

  /** Lets the commands under way finish and waits until the connections are closed. */
  close(): Promise<void> {
    this.#closing ??= this.#disconnect();
    return this.#closing;
  }

  async #disconnect(): Promise<void> {
    const client = this.#client;
    // In these states there is no connection, and ioredis will not report the end of one.
    const isAway = ['wait', 'reconnecting', 'end'].includes(client.status);
    const ended = new Promise<void>((resolve) => {
      client.once('end', resolve);
    });
    try {
      if (client.status === 'ready') await this.#limited(client.quit());
    } catch {
      // It is disconnected all the same.
    }
    client.disconnect();
    if (!isAway) await this.#limited(ended).catch(() => undefined);
  }

  async #send<T>(action: () => Promise<T>): Promise<T> {
    try {
      if (this.#closing !== undefined) throw new PlatformError('unavailable', 'Redis: the store is closed');
      this.#holdBack();
      return await this.#limited(this.#client.status === 'ready' ? action() : this.#ready().then(action));
    } catch (error) {
      throw platformError(error);
    }
  }

  /** What is sent until the end of this tick leaves in one piece; a write for each command costs more than the command. */
  #holdBack(): void {
    if (this.#isHolding) return;
    this.#isHolding = true;
    const client = this.#client;
    const streams = (client instanceof Cluster ? client.nodes() : [client]).map(
      ({ stream }) => stream as Redis['stream'] | undefined,
    );
    for (const stream of streams) stream?.cork();
    process.nextTick(() => {
      this.#isHolding = false;
      for (const stream of streams) stream?.uncork();
    });
  }

  /**
   * Waiting here rather than in the queue of ioredis keeps a call that has failed from being carried out later, and
   * the queue from growing for as long as Redis is away. Fails with the attempt to connect that is under way.
   */
  #ready(): Promise<void> {
    const client = this.#client;
    this.#readiness ??= new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        client.off('ready', settle).off('close', settle).off('end', settle);
        this.#readiness = undefined;
        if (client.status === 'ready') resolve();
        else reject(platformError(this.#lastError ?? new Error('no connection')));
      };
      client.on('ready', settle).on('close', settle).on('end', settle);
      if (client.status === 'wait') client.connect().catch(settle);
    });
    return this.#readiness;
  }

  async #limited<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new PlatformError('unavailable', `Redis: no answer within ${this.#timeoutMs} ms`));
      }, this.#timeoutMs);
    });
    try {
      return await Promise.race([work, limit]);
    } finally {
      clearTimeout(timer);
    }
  }
}
