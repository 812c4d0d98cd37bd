import { setTimeout as delay } from 'node:timers/promises';
import { PlatformError } from '../../core/errors.ts';

export interface RetryOptions {
  /** No attempt begins later than this after the first. */
  readonly forMs: number;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
  readonly signal?: AbortSignal;
}

/** Repeats what failed with a retryable error, with exponential backoff and full jitter. */
export async function retry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { forMs, firstDelayMs = 50, maxDelayMs = 2_000, signal } = options;
  const end = performance.now() + forMs;
  for (let ceiling = firstDelayMs; ; ceiling = Math.min(ceiling * 2, maxDelayMs)) {
    try {
      return await attempt();
    } catch (error) {
      const pause = ceiling * (0.5 + Math.random() / 2);
      if (!PlatformError.from(error).retryable || performance.now() + pause > end) throw error;
      const aborted = await delay(pause, false, { signal }).catch(() => true);
      if (aborted) throw error;
    }
  }
}
