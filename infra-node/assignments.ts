import { keys, scopes } from '../core/model/keys.ts';
import type { Assignment } from '../core/model/resources.ts';
import { transact } from '../core/store/transaction.ts';
import type { Node } from './node.ts';

/**
 * Notes an assignment in the host's own scope, where a host that lost everything finds it, and has that scope
 * dispatched. Whoever repeats an old step changes nothing: an assignment only goes from member to leaving to removed,
 * and its key, which has the epoch in it, is never used again.
 */
export async function putAssignment(node: Node, assignment: Assignment): Promise<void> {
  const scope = scopes.host(assignment.hostId);
  const key = keys.assignment(assignment.vpcId, assignment.epoch);
  await node.store.announce(scope);
  const { wrote } = await transact(node.store, scope, async (tx) => {
    const held = (await tx.get<Assignment>(key))?.value;
    const isRemoved = held === undefined && tx.seenRevision > 0;
    if (isRemoved || held?.state === 'leaving' || held?.state === assignment.state) return;
    tx.put(key, assignment);
  });
  if (wrote) await node.wake(scope);
}
