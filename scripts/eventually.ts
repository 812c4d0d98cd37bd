import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
}

/** Resolves once `condition` holds; a condition that throws counts as one that does not hold yet. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { timeoutMs, intervalMs = 100 }: EventuallyOptions,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      if (await condition()) return;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadline)
      throw new Error(`gave up waiting ${timeoutMs} ms for ${what}`, { cause: lastError });
    await delay(intervalMs);
  }
}
