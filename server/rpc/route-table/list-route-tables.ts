import { scopes } from '../../../core/model/keys.ts';
import type { RouteTable } from '../../../core/model/resources.ts';
import type { ListRouteTablesRequest } from '../../../proto/gen/vpcast/v1/ListRouteTablesRequest.ts';
import type { ListRouteTablesResponseInput } from '../../../proto/gen/vpcast/v1/ListRouteTablesResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import { id } from '../../fields.ts';
import { readVpc } from '../locate.ts';
import { listRecords, pageOf } from '../paging.ts';
import { presentRouteTable } from './present.ts';

export async function listRouteTables(
  { store }: ServerDeps,
  request: ListRouteTablesRequest,
): Promise<ListRouteTablesResponseInput> {
  const vpcId = id('vpc_id', request.vpcId);
  const page = pageOf(request);
  await readVpc(store, vpcId);
  const { items, nextPageToken } = await listRecords<RouteTable>(
    store,
    scopes.vpc(vpcId),
    'route-table',
    page,
  );
  return { routeTables: items.map(presentRouteTable), nextPageToken };
}
