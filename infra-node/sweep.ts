import { pause } from '../core/retry.ts';
import type { Scope } from '../core/store/port.ts';
import type { Node } from './node.ts';
import { Pipeline } from './pipeline.ts';

const LOOKUPS_IN_FLIGHT = 32;
const LIMIT = 10_000;

/** Takes a scope in for dispatch on this node; it was announced at that time, by our clock. */
export type TakeIn = (scope: Scope, announcedMs: number) => Promise<void>;

/**
 * Looks at every announced scope: one that is behind is dispatched here, one that has been quiet for long is forgotten.
 * Any number of nodes may do it, since a turn fences the one before. Not by way of the work topic: a subscription that
 * delivers nothing, for whatever reason, is one of the things that this makes up for.
 */
export async function sweep(node: Node, takeIn: TakeIn): Promise<void> {
  const { sweepAfterMs, sendsInFlight } = node.options;
  const announced = await node.store.announced(sweepAfterMs, LIMIT);
  const pipeline = new Pipeline(Math.min(sendsInFlight, LOOKUPS_IN_FLIGHT));
  let behind = 0;
  for (const { scope, ageMs } of announced) {
    await pipeline.add(scope, async () => {
      if (await look(node, scope, ageMs, takeIn)) behind++;
    });
  }
  await pipeline.done();
  node.gauges.scopesBehind = behind;
}

/** True when it is behind. */
async function look(node: Node, scope: Scope, ageMs: number, takeIn: TakeIn): Promise<boolean> {
  const { dispatched, revision } = await node.store.status(scope);
  if (dispatched < revision) {
    await takeIn(scope, node.clock() - ageMs);
    node.count('swept');
    return true;
  }
  if (ageMs >= node.options.settleAfterMs) await node.store.settle(scope, node.options.settleAfterMs);
  return false;
}

/** Sweeps again and again until the signal; a sweep that fails is only logged. */
export async function sweepUntil(node: Node, takeIn: TakeIn, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await pause(node.options.sweepIntervalMs, signal);
    } catch {
      return;
    }
    try {
      await sweep(node, takeIn);
    } catch (error) {
      node.logger.warn('the sweep failed', { error });
    }
  }
}
