import { pause } from '../core/retry.ts';
import type { Scope } from '../core/store/port.ts';
import type { Node } from './node.ts';
import { Pipeline } from './pipeline.ts';

const LOOKUPS_IN_FLIGHT = 32;
const LIMIT = 10_000;

/**
 * Looks at every announced scope: one that is behind goes back to the work topic, one that has been quiet for long is
 * forgotten. Any number of nodes may do it.
 */
export async function sweep(node: Node): Promise<void> {
  const { sweepAfterMs, sendsInFlight } = node.options;
  const announced = await node.store.announced(sweepAfterMs, LIMIT);
  const pipeline = new Pipeline(Math.min(sendsInFlight, LOOKUPS_IN_FLIGHT));
  for (const { scope, ageMs } of announced) {
    await pipeline.add(scope, () => look(node, scope, ageMs));
  }
  await pipeline.done();
}

async function look(node: Node, scope: Scope, ageMs: number): Promise<void> {
  const { dispatched, revision } = await node.store.status(scope);
  if (dispatched < revision) {
    await node.wake(scope);
    node.count('swept');
  } else if (ageMs >= node.options.settleAfterMs) {
    await node.store.settle(scope, node.options.settleAfterMs);
  }
}

/** Sweeps again and again until the signal; a sweep that fails is only logged. */
export async function sweepUntil(node: Node, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await pause(node.options.sweepIntervalMs, signal);
    } catch {
      return;
    }
    try {
      await sweep(node);
    } catch (error) {
      node.logger.warn('the sweep failed', { error });
    }
  }
}
