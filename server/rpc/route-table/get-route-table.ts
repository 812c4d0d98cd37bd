import type { RouteTable } from '../../../core/model/resources.ts';
import type { GetRouteTableRequest } from '../../../proto/gen/vpcast/v1/GetRouteTableRequest.ts';
import type { RouteTableInput } from '../../../proto/gen/vpcast/v1/RouteTable.ts';
import type { ServerDeps } from '../../deps.ts';
import { id } from '../../fields.ts';
import { readResource } from '../locate.ts';
import { presentRouteTable } from './present.ts';

export async function getRouteTable(
  { store }: ServerDeps,
  request: GetRouteTableRequest,
): Promise<RouteTableInput> {
  return presentRouteTable(await readResource<RouteTable>(store, 'route-table', id('id', request.id)));
}
