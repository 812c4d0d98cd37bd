import { setTimeout as delay } from 'node:timers/promises';

/** Repeats an assertion until it holds; throws its last error when it does not hold in time. */
export async function eventually(assertion: () => Promise<void> | void, timeoutMs = 10_000): Promise<void> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
    }
    await delay(20);
  }
}
