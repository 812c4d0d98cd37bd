import { keys, scopes } from '../../../core/model/keys.ts';
import type { RouteTable } from '../../../core/model/resources.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { RouteTableInput } from '../../../proto/gen/vpcast/v1/RouteTable.ts';
import type { UpdateRouteTableRequest } from '../../../proto/gen/vpcast/v1/UpdateRouteTableRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import { id, present, requestId } from '../../fields.ts';
import { mutate, need, vpcOf } from '../locate.ts';
import { maskedChanges } from '../update-mask.ts';
import { routeTableFields } from './narrow.ts';
import { presentRouteTable } from './present.ts';
import { changeSubnets } from './references.ts';

export async function updateRouteTable(
  deps: ServerDeps,
  request: UpdateRouteTableRequest,
): Promise<RouteTableInput> {
  const given = present('route_table', request.routeTable);
  const tableId = id('route_table.id', given.id);
  requestId(request.requestId);
  const changes = maskedChanges<RouteTable>(request.updateMask, routeTableFields(given));
  const scope = scopes.vpc(await vpcOf(deps.store, 'route-table', tableId));
  const identity = identify('UpdateRouteTable', request);
  const { result, revision } = await mutate(deps, scope, identity, async (tx) => {
    const { value } = await need<RouteTable>(tx, 'route-table', tableId);
    const table: RouteTable = { ...value, ...changes, updatedAtMs: deps.clock() };
    await changeSubnets(tx, value.subnetIds, table.subnetIds);
    tx.put(keys.routeTable(tableId), table);
    return table;
  });
  return presentRouteTable({ value: result, revision });
}
