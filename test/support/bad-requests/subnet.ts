import type { SubnetInput } from '../../../proto/gen/vpcast/v1/Subnet.ts';
import { absent, exists, invalid, longName, longRequestId, refused, unfit } from './bad-request.ts';
import type { BadRequest, Refusal } from './bad-request.ts';

const create = (what: string, subnet: SubnetInput, refusal: Refusal): BadRequest =>
  refused('createSubnet', what, { subnet: { vpcId: 'web', cidr: '10.4.0.0/24', ...subnet } }, refusal);

const update = (what: string, path: string, subnet: SubnetInput, refusal: Refusal): BadRequest =>
  refused(
    'updateSubnet',
    what,
    { subnet: { id: 'web-a', ...subnet }, updateMask: { paths: [path] } },
    refusal,
  );

const badCidrs = ['', '10.4.0.0', '10.4.0.1/24', '10.4.0.0/33', 'ten/8', '10.4.0.0/24/24', '10.4/16'];

export const subnetRequests: readonly BadRequest[] = [
  refused('createSubnet', 'no subnet', {}, invalid('subnet')),
  create('no VPC', { vpcId: '' }, invalid('subnet.vpc_id')),
  create('a bad id', { id: 'a b' }, invalid('subnet.id')),
  create('an id in use', { id: 'web-a' }, exists('subnet', 'web-a')),
  create("another VPC's id", { id: 'db-a' }, exists('subnet', 'db-a')),
  create('a bad project', { projectId: 'a b' }, invalid('subnet.project_id')),
  create('a long name', { name: longName }, invalid('subnet.name')),
  ...badCidrs.map((cidr) => create(`the range '${cidr}'`, { cidr }, invalid('subnet.cidr'))),
  create('a range outside', { cidr: '192.168.0.0/24' }, unfit('vpc', 'web', 'subnet.cidr')),
  create('overlapping', { cidr: '10.1.0.128/25' }, unfit('subnet', 'web-a', 'subnet.cidr')),
  create('overlapping from above', { cidr: '10.0.0.0/14' }, unfit('subnet', 'web-a', 'subnet.cidr')),
  create('a bad gateway', { gatewayIp: 'x' }, invalid('subnet.gateway_ip')),
  create('a gateway outside', { gatewayIp: '10.5.0.1' }, invalid('subnet.gateway_ip')),
  create('the network as gateway', { gatewayIp: '10.4.0.0' }, invalid('subnet.gateway_ip')),
  create('a gateway and none', { gatewayIp: '10.4.0.1', noGateway: true }, invalid('subnet.gateway_ip')),
  create(
    'a bad nameserver',
    { dnsNameservers: ['10.4.0.2', 'dns.example'] },
    invalid('subnet.dns_nameservers[1]'),
  ),
  create(
    'a bad destination',
    { hostRoutes: [{ destination: '10.0.0.0', nextHop: '10.4.0.2' }] },
    invalid('subnet.host_routes[0].destination'),
  ),
  create(
    'no next hop',
    { hostRoutes: [{ destination: '10.0.0.0/8' }] },
    invalid('subnet.host_routes[0].next_hop'),
  ),
  create(
    'a route of the other family',
    { hostRoutes: [{ destination: 'fd00::/64', nextHop: '10.4.0.2' }] },
    invalid('subnet.host_routes[0].destination'),
  ),
  create(
    'a pool outside',
    { allocationPools: [{ start: '10.4.0.2', end: '10.4.1.2' }] },
    invalid('subnet.allocation_pools[0].end'),
  ),
  create(
    'a pool that is upside down',
    { allocationPools: [{ start: '10.4.0.9', end: '10.4.0.2' }] },
    invalid('subnet.allocation_pools[0].end'),
  ),
  create(
    'pools that overlap',
    {
      allocationPools: [
        { start: '10.4.0.2', end: '10.4.0.9' },
        { start: '10.4.0.20', end: '10.4.0.29' },
        { start: '10.4.0.9', end: '10.4.0.12' },
      ],
    },
    invalid('subnet.allocation_pools[2]'),
  ),
  create(
    'a pool with the gateway',
    { allocationPools: [{ start: '10.4.0.1', end: '10.4.0.9' }] },
    invalid('subnet.allocation_pools[0]'),
  ),
  create('a bad label', { labels: { '': 'x' } }, invalid('subnet.labels')),
  ...['nope', 'gone'].map((vpcId) =>
    refused(
      'createSubnet',
      `VPC ${vpcId}`,
      { subnet: { vpcId, cidr: '10.4.0.0/24' } },
      absent('vpc', vpcId),
      [`announced vpc/${vpcId}`],
    ),
  ),
  refused(
    'createSubnet',
    'a long request id',
    { requestId: longRequestId, subnet: { vpcId: 'web', cidr: '10.4.0.0/24' } },
    invalid('request_id'),
  ),
  refused(
    'createSubnet',
    'a request id that was used',
    { requestId: 'web-request', subnet: { id: 'web-a', vpcId: 'web', cidr: '10.4.0.0/24' } },
    invalid('request_id'),
  ),

  refused('getSubnet', 'no id', {}, invalid('id')),
  refused('getSubnet', 'an unknown id', { id: 'nope' }, absent('subnet', 'nope')),

  refused('updateSubnet', 'no subnet', { updateMask: { paths: ['name'] } }, invalid('subnet')),
  refused('updateSubnet', 'no mask', { subnet: { id: 'web-a' } }, invalid('update_mask')),
  update('no id', 'name', { id: '' }, invalid('subnet.id')),
  update('an unknown id', 'name', { id: 'nope' }, absent('subnet', 'nope')),
  update('a path that cannot change', 'cidr', { cidr: '10.5.0.0/24' }, invalid('update_mask')),
  update('no gateway', 'gateway_ip', { gatewayIp: '' }, invalid('subnet.gateway_ip')),
  update('a gateway outside', 'gateway_ip', { gatewayIp: '10.2.0.1' }, invalid('subnet.gateway_ip')),
  update(
    'a pool with the gateway',
    'allocation_pools',
    { allocationPools: [{ start: '10.1.0.1', end: '10.1.0.9' }] },
    invalid('subnet.allocation_pools[0]'),
  ),
  refused(
    'updateSubnet',
    'a request id that was used',
    { requestId: 'web-request', subnet: { id: 'web-a' }, updateMask: { paths: ['name'] } },
    invalid('request_id'),
  ),

  refused('deleteSubnet', 'no id', {}, invalid('id')),
  refused('deleteSubnet', 'an unknown id', { id: 'nope' }, absent('subnet', 'nope')),
  refused('deleteSubnet', 'one with ports', { id: 'web-a' }, unfit('subnet', 'web-a')),
  refused('deleteSubnet', 'one that a table names', { id: 'web-c' }, unfit('subnet', 'web-c')),
];
