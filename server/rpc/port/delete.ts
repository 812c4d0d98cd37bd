import type { RequestIdentity } from '../../../core/store/transaction.ts';
import type { ServerDeps } from '../../deps.ts';
import { releaseIds } from '../locate.ts';
import { changePorts, vpcOfPorts } from './change-ports.ts';
import type { PortRef } from './change-ports.ts';

/** Deletes all ports with their bindings in one step. */
export async function deleteAll(
  deps: ServerDeps,
  refs: readonly PortRef[],
  request: RequestIdentity,
): Promise<{ vpcId: string; revision: number }> {
  const vpcId = await vpcOfPorts(deps, refs);
  const portIds = refs.map((ref) => ref.portId);
  const { revision } = await changePorts(deps, vpcId, portIds, request, (book) => {
    for (const id of portIds) book.remove(id);
  });
  await releaseIds(deps, 'port', portIds, vpcId, request.id);
  return { vpcId, revision };
}
