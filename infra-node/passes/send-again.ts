import type { Scope } from '../../core/store/port.ts';
import type { Node } from '../node.ts';

export interface Receiver {
  readonly hostId: string;
  readonly epoch: number;
}

/**
 * Counts as sent only what the hosts have reported: of the rest, something is lost. Then they are held, and are sent it
 * again like every held host, when they can be reached.
 */
export async function sendAgain(node: Node, scope: Scope, hosts: readonly Receiver[]): Promise<void> {
  const { store } = node;
  const ids = hosts.map(({ hostId }) => hostId);
  const { token, dispatched, incarnation } = await store.beginDispatch(scope);
  try {
    const [sent, reports] = await Promise.all([store.sent(scope, ids), store.reports(scope, ids)]);
    const lowered = new Map<string, number>();
    hosts.forEach(({ hostId, epoch }, i) => {
      const report = reports[i];
      const isPresent = report?.epoch === epoch && report.incarnation === incarnation;
      const applied = isPresent ? report.revision : 0;
      if (applied < (sent[i] ?? 0)) lowered.set(hostId, applied);
    });
    if (lowered.size > 0) await store.advance({ scope, token, dispatched, sent: lowered });
  } finally {
    // Also for whoever was overtaken by this turn and leaves the rest to it.
    await node.put({ kind: 'resume', scope });
  }
}
