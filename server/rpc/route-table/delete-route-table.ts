import { scopes } from '../../../core/model/keys.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { EmptyInput } from '../../../proto/gen/google/protobuf/Empty.ts';
import type { DeleteRouteTableRequest } from '../../../proto/gen/vpcast/v1/DeleteRouteTableRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import { id, requestId } from '../../fields.ts';
import { mutate, need, releaseIds, vpcOf } from '../locate.ts';
import { removeRouteTable } from './references.ts';

export async function deleteRouteTable(
  deps: ServerDeps,
  request: DeleteRouteTableRequest,
): Promise<EmptyInput> {
  const tableId = id('id', request.id);
  requestId(request.requestId);
  const vpcId = await vpcOf(deps.store, 'route-table', tableId);
  await mutate(deps, scopes.vpc(vpcId), identify('DeleteRouteTable', request), async (tx) => {
    await need(tx, 'route-table', tableId);
    await removeRouteTable(tx, tableId);
    return {};
  });
  await releaseIds(deps, 'route-table', [tableId], vpcId, request.requestId);
  return {};
}
