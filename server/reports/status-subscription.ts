import type { MessageHandler, MessagingCluster, Subscription } from '../../core/messaging/port.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import { retry } from '../../core/retry.ts';
import type { ServerDeps } from '../deps.ts';

export interface StatusSubscriptionOptions {
  readonly deps: Pick<ServerDeps, 'topics' | 'statusPartitions' | 'logger'>;
  readonly cluster: MessagingCluster;
  readonly consumerName: string;
  readonly handler: MessageHandler;
  /** Ends the attempts to open it anew. */
  readonly signal: AbortSignal;
}

/** This server's part of the subscription to one cluster's status topic. */
export class StatusSubscription {
  readonly #options: StatusSubscriptionOptions;
  #current: Subscription | undefined;
  #opening: Promise<void> | undefined;

  constructor(options: StatusSubscriptionOptions) {
    this.#options = options;
  }

  /** Closes it if it is open, and opens it, for as long as it takes. What was delivered and not acknowledged comes again. */
  open(): Promise<void> {
    return (this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    }));
  }

  /** After the signal. */
  async close(): Promise<void> {
    await this.#opening;
    await this.#current?.close();
  }

  async #open(): Promise<void> {
    const { cluster, signal, deps } = this.#options;
    try {
      await this.#current?.close();
      this.#current = undefined;
      await retry(() => this.#subscribe(), { attempts: Infinity, signal, retryIf: () => true });
    } catch (error) {
      if (signal.aborted) return;
      deps.logger.error('the status subscription was not opened', { cluster: cluster.name, error });
    }
  }

  async #subscribe(): Promise<void> {
    const { deps, cluster, consumerName, handler } = this.#options;
    this.#current = await cluster.bus.subscribeGroup({
      topic: deps.topics.status,
      partitions: deps.statusPartitions,
      subscription: subscriptions.control,
      consumerName,
      order: 'by-key',
      handler,
    });
  }
}
