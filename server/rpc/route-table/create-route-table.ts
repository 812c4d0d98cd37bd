import { alreadyExists } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Vpc } from '../../../core/model/resources.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { CreateRouteTableRequest } from '../../../proto/gen/vpcast/v1/CreateRouteTableRequest.ts';
import type { RouteTableInput } from '../../../proto/gen/vpcast/v1/RouteTable.ts';
import type { ServerDeps } from '../../deps.ts';
import { claimId, keepIds, mutate, need } from '../locate.ts';
import { narrowNewRouteTable } from './narrow.ts';
import { presentRouteTable } from './present.ts';
import { changeSubnets } from './references.ts';

export async function createRouteTable(
  deps: ServerDeps,
  request: CreateRouteTableRequest,
): Promise<RouteTableInput> {
  const table = narrowNewRouteTable(request, deps.clock());
  const { id, vpcId } = table;
  const identity = identify('CreateRouteTable', request);
  const { result, revision } = await mutate(deps, scopes.vpc(vpcId), identity, async (tx) => {
    await need<Vpc>(tx, 'vpc', vpcId);
    if ((await tx.get(keys.routeTable(id))) !== undefined) throw alreadyExists('route_table', id);
    await changeSubnets(tx, [], table.subnetIds);
    await claimId(deps, 'route-table', id, vpcId);
    tx.put(keys.routeTable(id), table);
    return table;
  });
  await keepIds(deps, 'route-table', [id], vpcId);
  return presentRouteTable({ value: result, revision });
}
