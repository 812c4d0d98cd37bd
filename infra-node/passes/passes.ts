import { scopes } from '../../core/model/keys.ts';
import { pause } from '../../core/retry.ts';
import type { Scope } from '../../core/store/port.ts';
import type { Node } from '../node.ts';
import { Leadership } from './leadership.ts';
import { OfflineSlots } from './offline-slots.ts';
import { Reconciler } from './reconciler.ts';
import { ReleasedSlots } from './released-slots.ts';

const PAGE = 1_000;

/** What one node of the region does beside dispatching, until the signal. Never fails. */
export async function runPasses(node: Node, signal: AbortSignal): Promise<void> {
  await Promise.all([drainUntil(node, signal), reconcileUntil(node, signal)]);
}

function drainUntil(node: Node, signal: AbortSignal): Promise<void> {
  const released = new ReleasedSlots(node);
  const offline = new OfflineSlots(node);
  const round = async (): Promise<void> => {
    await released.round(signal);
    await offline.round(signal);
  };
  return repeat(node, 'drain', node.options.drainIntervalMs, signal, round, () => {
    node.gauges.slotsDraining = 0;
  });
}

function reconcileUntil(node: Node, signal: AbortSignal): Promise<void> {
  const reconciler = new Reconciler(node);
  return repeat(node, 'reconcile', node.options.reconcileIntervalMs, signal, (isLeader) =>
    reconcileAll(node, reconciler, isLeader, signal),
  );
}

/** One look at every VPC and every host, at a pace that leaves the store to others. */
async function reconcileAll(
  node: Node,
  reconciler: Reconciler,
  isLeader: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  for (const [catalog, scopeOf] of [
    ['vpc', scopes.vpc],
    ['host', scopes.host],
  ] as const) {
    for await (const scope of scopesIn(node, catalog, scopeOf)) {
      await pause(1_000 / node.options.reconcilePerSecond, signal).catch(() => undefined);
      if (signal.aborted || !(await isLeader())) return;
      await reconciler.look(scope);
    }
  }
  reconciler.passed();
}

async function* scopesIn(node: Node, catalog: string, scopeOf: (id: string) => Scope): AsyncGenerator<Scope> {
  let page: string[];
  let after = '';
  do {
    page = await node.store.catalog(catalog, after, PAGE);
    yield* page.map(scopeOf);
    after = page.at(-1) ?? after;
  } while (page.length === PAGE);
}

/** Does it again and again while the task is this node's, `onOther` while it is not; what fails is only logged. */
async function repeat(
  node: Node,
  task: string,
  intervalMs: number,
  signal: AbortSignal,
  run: (isLeader: () => Promise<boolean>) => Promise<void>,
  onOther: () => void = () => undefined,
): Promise<void> {
  const leadership = new Leadership(node.store, task);
  const isLeader = (): Promise<boolean> => leadership.holds();
  for (;;) {
    try {
      await pause(intervalMs, signal);
    } catch {
      break;
    }
    try {
      if (await isLeader()) await run(isLeader);
      else onOther();
    } catch (error) {
      node.logger.warn('a pass failed', { task, error });
    }
  }
  await leadership.resign().catch(() => undefined);
}
