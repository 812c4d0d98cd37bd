import type { Logger } from '../../core/logger.ts';
import type { Registry } from '../../core/store/port.ts';

const COLLECT_MS = 200;

/**
 * Notes in the store which hosts were heard of, those of a moment together. Not what a report is acknowledged for: one
 * that is lost costs nothing, since hosts report several times within a lease.
 */
export class Hearing {
  readonly #store: Pick<Registry, 'leaseClock' | 'hear'>;
  readonly #logger: Logger;
  #hosts = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #isFailing = false;

  constructor(store: Pick<Registry, 'leaseClock' | 'hear'>, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  note(host: string): void {
    this.#hosts.add(host);
    this.#schedule();
  }

  /** Resolves when everything is noted. */
  async drain(): Promise<void> {
    await this.#flushing;
    clearTimeout(this.#timer);
    if (this.#hosts.size > 0) await this.#flush();
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#flushing !== undefined) return;
    this.#timer ??= setTimeout(() => {
      this.#flushing = this.#flush().finally(() => {
        this.#flushing = undefined;
        if (this.#hosts.size > 0) this.#schedule();
      });
    }, COLLECT_MS);
  }

  async #flush(): Promise<void> {
    this.#timer = undefined;
    const hosts = [...this.#hosts];
    this.#hosts = new Set();
    try {
      await this.#store.hear(hosts, await this.#store.leaseClock());
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#logger.warn('hosts that were heard of were not noted', { error });
      this.#isFailing = true;
    }
  }
}
