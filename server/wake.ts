import { encodeWork } from '../core/codec/work.ts';
import type { Logger } from '../core/logger.ts';
import type { MessageBus } from '../core/messaging/port.ts';
import type { Scope } from '../core/store/port.ts';

export interface WakerOptions {
  /** Of the cluster that is home to the work topic. */
  readonly bus: MessageBus;
  readonly topic: string;
  readonly partitions: number;
  readonly logger: Logger;
}

/** Sends wake-ups to the infrastructure nodes, at most one at a time for each scope. */
export class Waker {
  readonly #options: WakerOptions;
  /** Scopes with a wake-up under way; true = the scope changed after that was sent, so another one has to follow. */
  readonly #underWay = new Map<Scope, boolean>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: WakerOptions) {
    this.#options = options;
  }

  wake(scope: Scope): void {
    if (this.#underWay.has(scope)) {
      this.#underWay.set(scope, true);
      return;
    }
    const running = this.#send(scope).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when nothing is under way. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #send(scope: Scope): Promise<void> {
    const { bus, topic, partitions, logger } = this.#options;
    try {
      do {
        this.#underWay.set(scope, false);
        await bus.sendByKey(topic, partitions, scope, encodeWork({ kind: 'dispatch', scope }));
      } while (this.#underWay.get(scope) === true);
    } catch (error) {
      // The sweep finds the scope, since it was announced before it changed.
      logger.warn('wake-up was not sent', { scope, error });
    } finally {
      this.#underWay.delete(scope);
    }
  }
}
