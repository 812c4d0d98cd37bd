import { encodeWork } from '../core/codec/work.ts';
import type { Work } from '../core/codec/work.ts';
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
  /** Scopes with a wake-up under way; with what has to follow, where the scope changed after that was sent. */
  readonly #underWay = new Map<Scope, Work | undefined>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: WakerOptions) {
    this.#options = options;
  }

  wake(scope: Scope, urgent = false): void {
    const work: Work = { kind: 'dispatch', scope, ...(urgent ? { urgent } : {}) };
    if (this.#underWay.has(scope)) {
      const next = this.#underWay.get(scope);
      if (next === undefined || urgent) this.#underWay.set(scope, work);
      return;
    }
    const running = this.#send(work).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when nothing is under way. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #send(first: Work): Promise<void> {
    const { bus, topic, partitions, logger } = this.#options;
    const { scope } = first;
    try {
      for (let work: Work | undefined = first; work !== undefined; work = this.#underWay.get(scope)) {
        this.#underWay.set(scope, undefined);
        await bus.sendByKey(topic, partitions, scope, encodeWork(work));
      }
    } catch (error) {
      // The sweep finds the scope, since it was announced before it changed.
      logger.warn('wake-up was not sent', { scope, error });
    } finally {
      this.#underWay.delete(scope);
    }
  }
}
