/**
 * One listener for all that wait for a signal: a program's stop signal ends many waits, and many listeners look like a
 * leak.
 */
interface Waiting {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/** Calls when the signal is aborted; at once, if it is. */
export function onAbort(signal: AbortSignal, call: () => void): void {
  if (signal.aborted) {
    call();
    return;
  }
  const known = waiting.get(signal);
  if (known !== undefined) {
    known.calls.add(call);
    return;
  }
  const calls = new Set([call]);
  const listener = (): void => {
    for (const each of calls) each();
  };
  waiting.set(signal, { calls, listener });
  signal.addEventListener('abort', listener, { once: true });
}

export function offAbort(signal: AbortSignal, call: () => void): void {
  const known = waiting.get(signal);
  if (known === undefined) return;
  known.calls.delete(call);
  if (known.calls.size > 0) return;
  signal.removeEventListener('abort', known.listener);
  waiting.delete(signal);
}

/** Stops waiting, not the work. Rejects with the signal's reason. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason as Error);
    };
    onAbort(signal, stop);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    offAbort(signal, stop);
  }
}
