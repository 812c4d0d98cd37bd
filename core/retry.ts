import { offAbort, onAbort } from './abort.ts';
import { PlatformError } from './errors.ts';

export interface RetryOptions {
  /** Ends the waiting; the reason is thrown. */
  readonly signal?: AbortSignal;
  /** Calls in all; default 10. Infinity with a signal. */
  readonly attempts?: number;
  /** First pause, multiplied each time up to the maximum; each is drawn from the upper half. Defaults 50, 5,000 and 2. */
  readonly baseMs?: number;
  readonly maxMs?: number;
  readonly factor?: number;
  /** Default: the error says of itself that it is retryable. */
  readonly retryIf?: (error: unknown) => boolean;
}

const isRetryable = (error: unknown): boolean => error instanceof PlatformError && error.retryable;

/** Calls until it succeeds, throws what will not pass, or the attempts are used up (then the last error is thrown). */
export async function retry<T>(call: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { signal, attempts = 10, baseMs = 50, maxMs = 5_000, factor = 2, retryIf = isRetryable } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (attempt >= attempts || !retryIf(error)) throw error;
    }
    const ceiling = Math.min(maxMs, baseMs * factor ** (attempt - 1));
    await pause(ceiling * (0.5 + Math.random() / 2), signal);
  }
}

/** Resolves after the time, or rejects with the signal's reason. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      if (signal !== undefined) offAbort(signal, stop);
      resolve();
    }, ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    if (signal !== undefined) onAbort(signal, stop);
  });
}
