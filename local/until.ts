import { pause } from '../core/retry.ts';

/** Resolves when the condition holds; rejects when it does not within the time. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (let waitMs = 5; !(await condition()); waitMs = Math.min(100, waitMs * 1.5)) {
    if (Date.now() > deadline) throw new Error(`the condition did not come true within ${timeoutMs} ms`);
    await pause(waitMs);
  }
}
