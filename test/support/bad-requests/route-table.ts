import type { RouteTableInput } from '../../../proto/gen/vpcast/v1/RouteTable.ts';
import { absent, exists, invalid, longName, refused } from './bad-request.ts';
import type { BadRequest, Refusal } from './bad-request.ts';

const create = (what: string, table: RouteTableInput, refusal: Refusal): BadRequest =>
  refused('createRouteTable', what, { routeTable: { vpcId: 'web', ...table } }, refusal);

const update = (what: string, path: string, table: RouteTableInput, refusal: Refusal): BadRequest =>
  refused(
    'updateRouteTable',
    what,
    { routeTable: { id: 'web-rt', ...table }, updateMask: { paths: [path] } },
    refusal,
  );

const route = { destination: '10.0.0.0/8', nextHop: '10.1.0.2' };

export const routeTableRequests: readonly BadRequest[] = [
  refused('createRouteTable', 'no table', {}, invalid('route_table')),
  create('no VPC', { vpcId: '' }, invalid('route_table.vpc_id')),
  create('an id in use', { id: 'web-rt' }, exists('route_table', 'web-rt')),
  create("another VPC's id", { id: 'db-rt' }, exists('route_table', 'db-rt')),
  create('a long name', { name: longName }, invalid('route_table.name')),
  create('no subnet id', { subnetIds: [''] }, invalid('route_table.subnet_ids[0]')),
  create('a subnet twice', { subnetIds: ['web-a', 'web-a'] }, invalid('route_table.subnet_ids[1]')),
  create('an unknown subnet', { subnetIds: ['web-a', 'nope'] }, absent('subnet', 'nope')),
  create("another VPC's subnet", { subnetIds: ['db-a'] }, absent('subnet', 'db-a')),
  create(
    'host bits',
    { routes: [{ ...route, destination: '10.0.0.1/8' }] },
    invalid('route_table.routes[0].destination'),
  ),
  create(
    'a range as next hop',
    { routes: [{ ...route, nextHop: '10.1.0.0/24' }] },
    invalid('route_table.routes[0].next_hop'),
  ),
  create(
    'a next hop of the other family',
    { routes: [{ ...route, nextHop: 'fd00::1' }] },
    invalid('route_table.routes[0].next_hop'),
  ),
  create(
    'a route twice',
    { routes: [route, { ...route, priority: 1 }, route] },
    invalid('route_table.routes[2].destination'),
  ),
  refused('createRouteTable', 'an unknown VPC', { routeTable: { vpcId: 'nope' } }, absent('vpc', 'nope'), [
    'announced vpc/nope',
  ]),

  refused('getRouteTable', 'no id', {}, invalid('id')),
  refused('getRouteTable', 'an unknown id', { id: 'nope' }, absent('route_table', 'nope')),

  refused('updateRouteTable', 'no table', {}, invalid('route_table')),
  refused('updateRouteTable', 'no mask', { routeTable: { id: 'web-rt' } }, invalid('update_mask')),
  update('no id', 'name', { id: '' }, invalid('route_table.id')),
  update('an unknown id', 'name', { id: 'nope' }, absent('route_table', 'nope')),
  update('a path that cannot change', 'vpc_id', { vpcId: 'db' }, invalid('update_mask')),
  update('an unknown subnet', 'subnet_ids', { subnetIds: ['nope'] }, absent('subnet', 'nope')),
  update(
    'no next hop',
    'routes',
    { routes: [{ destination: '0.0.0.0/0' }] },
    {
      ...invalid('route_table.routes[0].next_hop'),
    },
  ),

  refused('deleteRouteTable', 'no id', {}, invalid('id')),
  refused('deleteRouteTable', 'an unknown id', { id: 'nope' }, absent('route_table', 'nope')),
  refused(
    'deleteRouteTable',
    'a request id that was used',
    { requestId: 'web-request', id: 'web-rt' },
    invalid('request_id'),
  ),
];
