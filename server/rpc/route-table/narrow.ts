import { invalid } from '../../../core/errors.ts';
import type { Route, RouteTable } from '../../../core/model/resources.ts';
import type { CreateRouteTableRequest } from '../../../proto/gen/vpcast/v1/CreateRouteTableRequest.ts';
import type { Route as RouteMessage } from '../../../proto/gen/vpcast/v1/Route.ts';
import type { RouteTable as RouteTableMessage } from '../../../proto/gen/vpcast/v1/RouteTable.ts';
import { familyOf } from '../../addresses.ts';
import { cidr, id, ip, labels, optionalId, present, requestId, text } from '../../fields.ts';
import { idFor } from '../locate.ts';
import type { MaskedFields } from '../update-mask.ts';

export function narrowNewRouteTable(request: CreateRouteTableRequest, nowMs: number): RouteTable {
  const given = present('route_table', request.routeTable);
  requestId(request.requestId);
  return {
    id: idFor('route_table.id', given.id, 'CreateRouteTable', request.requestId),
    vpcId: id('route_table.vpc_id', given.vpcId),
    projectId: optionalId('route_table.project_id', given.projectId),
    name: text('route_table.name', given.name),
    subnetIds: subnetIds(given.subnetIds),
    routes: routes(given.routes),
    labels: labels('route_table.labels', given.labels),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

export function routeTableFields(given: RouteTableMessage): MaskedFields<RouteTable> {
  return {
    name: () => ({ name: text('route_table.name', given.name) }),
    subnet_ids: () => ({ subnetIds: subnetIds(given.subnetIds) }),
    routes: () => ({ routes: routes(given.routes) }),
    labels: () => ({ labels: labels('route_table.labels', given.labels) }),
  };
}

function subnetIds(given: readonly string[]): string[] {
  return given.map((value, i) => {
    const field = `route_table.subnet_ids[${i}]`;
    if (given.indexOf(value) !== i) throw invalid(field, 'is named twice');
    return id(field, value);
  });
}

function routes(given: readonly RouteMessage[]): Route[] {
  const known = new Set<string>();
  return given.map((route, i) => {
    const field = `route_table.routes[${i}]`;
    const destination = cidr(`${field}.destination`, route.destination);
    const nextHop = ip(`${field}.next_hop`, route.nextHop);
    if (familyOf(nextHop) !== familyOf(destination)) {
      throw invalid(`${field}.next_hop`, 'is not of the family of the destination');
    }
    const identity = `${destination} ${route.priority}`;
    if (known.has(identity)) {
      throw invalid(`${field}.destination`, 'another route has the same destination and priority');
    }
    known.add(identity);
    return { destination, nextHop, priority: route.priority };
  });
}
