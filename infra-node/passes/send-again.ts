import type { Scope } from '../../core/store/port.ts';
import type { Node } from '../node.ts';
import { appliedOf } from '../window.ts';

export interface Receiver {
  readonly hostId: string;
  readonly epoch: number;
}

/**
 * Counts as sent only what the hosts have reported, and less than what is due: of the rest, something is lost. Then they
 * are held, and are sent it again like every held host, when they can be reached.
 */
export async function sendAgain(node: Node, scope: Scope, hosts: readonly Receiver[]): Promise<void> {
  try {
    await countReported(node, scope, hosts);
  } finally {
    // Also for whoever was overtaken by this turn and leaves the rest to it.
    await node.put({ kind: 'resume', scope });
  }
}

/**
 * The same before anything is lost, so that whoever dies while it throws things away leaves no host without. To be
 * followed by {@link sendAgain}, unless the answer is false: they count so already.
 */
export async function expectLoss(node: Node, scope: Scope, hosts: readonly Receiver[]): Promise<boolean> {
  const { incarnation } = await node.store.status(scope);
  if ((await unreported(node, scope, hosts, incarnation)).size === 0) return false;
  await countReported(node, scope, hosts);
  return true;
}

async function countReported(node: Node, scope: Scope, hosts: readonly Receiver[]): Promise<void> {
  const { token, dispatched, due, incarnation } = await node.store.beginDispatch(scope);
  const lowered = await unreported(node, scope, hosts, incarnation);
  for (const [host, applied] of lowered) lowered.set(host, Math.max(0, Math.min(applied, due - 1)));
  if (lowered.size > 0) await node.store.advance({ scope, token, dispatched, sent: lowered });
}

/** The hosts that were sent more than they have reported, with what they have. */
async function unreported(
  { store }: Node,
  scope: Scope,
  hosts: readonly Receiver[],
  incarnation: number,
): Promise<Map<string, number>> {
  const ids = hosts.map(({ hostId }) => hostId);
  const [sent, reports] = await Promise.all([store.sent(scope, ids), store.reports(scope, ids)]);
  const found = new Map<string, number>();
  hosts.forEach(({ hostId, epoch }, i) => {
    const applied = appliedOf(reports[i], { epoch, incarnation });
    // A host that is being moved is there twice.
    if (applied < (sent[i] ?? 0)) found.set(hostId, Math.min(applied, found.get(hostId) ?? applied));
  });
  return found;
}
