import type { Logger } from '../core/logger.ts';
import { pause } from '../core/retry.ts';
import type { Registry } from '../core/store/port.ts';

export interface OfflineHostsOptions {
  readonly store: Pick<Registry, 'leaseClock' | 'unheard'>;
  readonly leaseMs: number;
  readonly logger: Logger;
  /** Hosts that were found offline and were not before. */
  readonly onExpired: (hosts: number) => void;
}

const LIMIT = 200_000;

/** Hosts whose lease has ended: nothing is sent to them until they report. One that was never heard of is not among them. */
export class OfflineHosts {
  readonly #options: OfflineHostsOptions;
  #hosts: ReadonlySet<string> = new Set();
  #isFailing = false;

  constructor(options: OfflineHostsOptions) {
    this.#options = options;
  }

  has(host: string): boolean {
    return this.#hosts.has(host);
  }

  all(): ReadonlySet<string> {
    return this.#hosts;
  }

  /** What was last known stays while the store does not answer. */
  async poll(): Promise<void> {
    const { store, leaseMs, logger, onExpired } = this.#options;
    try {
      const nowMs = await store.leaseClock();
      const unheard = await store.unheard(nowMs - leaseMs, LIMIT);
      const before = this.#hosts;
      this.#hosts = new Set(unheard.map(({ host }) => host));
      const expired = unheard.filter(({ host }) => !before.has(host)).length;
      if (expired > 0) onExpired(expired);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) logger.warn('the hosts that are offline cannot be told', { error });
      this.#isFailing = true;
    }
  }

  async pollUntil(intervalMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.poll();
      await pause(intervalMs, signal).catch(() => undefined);
    }
  }
}
