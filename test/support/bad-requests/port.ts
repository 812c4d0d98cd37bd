import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import { absent, badLabels, exists, invalid, longId, longName, longRequestId } from './bad-request.ts';
import { refused } from './bad-request.ts';
import type { BadRequest, Refusal } from './bad-request.ts';

type BadPort = readonly [what: string, port: PortInput, refusal: (path: string) => Refusal];

const at =
  (field: string) =>
  (path: string): Refusal =>
    invalid(`${path}.${field}`);

/** Of ports of the VPC `web`. */
const badPorts: readonly BadPort[] = [
  ['a bad MAC address', { macAddress: '02:00:00:00:00' }, at('mac_address')],
  ['a multicast MAC address', { macAddress: '01:00:5e:00:00:01' }, at('mac_address')],
  ['a MAC address of zeros', { macAddress: '00-00-00-00-00-00' }, at('mac_address')],
  [
    'a MAC address in use',
    { macAddress: '02:00:00:00:00:01' },
    (path) => exists('mac_address', '02:00:00:00:00:01', `${path}.mac_address`),
  ],
  ['a bad address', { fixedIps: [{ ipAddress: '10.1.0.256' }] }, at('fixed_ips[0].ip_address')],
  [
    'an address in use',
    { fixedIps: [{ ipAddress: '10.1.0.99' }, { ipAddress: '10.1.0.10' }] },
    (path) => exists('address', '10.1.0.10', `${path}.fixed_ips[1].ip_address`),
  ],
  [
    'an address twice',
    { fixedIps: [{ ipAddress: '10.1.0.99' }, { ipAddress: '10.1.0.99' }] },
    (path) => exists('address', '10.1.0.99', `${path}.fixed_ips[1].ip_address`),
  ],
  ['an address of no subnet', { fixedIps: [{ ipAddress: '10.77.0.1' }] }, at('fixed_ips[0].ip_address')],
  [
    'an address of another subnet',
    { fixedIps: [{ subnetId: 'web-b', ipAddress: '10.1.0.99' }] },
    at('fixed_ips[0].ip_address'),
  ],
  ['the network address', { fixedIps: [{ ipAddress: '10.1.0.0' }] }, at('fixed_ips[0].ip_address')],
  ['the broadcast address', { fixedIps: [{ ipAddress: '10.1.0.255' }] }, at('fixed_ips[0].ip_address')],
  ['the gateway', { fixedIps: [{ ipAddress: '10.1.0.1' }] }, at('fixed_ips[0].ip_address')],
  [
    'an unknown subnet',
    { fixedIps: [{ subnetId: 'nope' }] },
    (path) => absent('subnet', 'nope', `${path}.fixed_ips[0].subnet_id`),
  ],
  [
    "another VPC's subnet",
    { fixedIps: [{ subnetId: 'db-a' }] },
    (path) => absent('subnet', 'db-a', `${path}.fixed_ips[0].subnet_id`),
  ],
  [
    'a full subnet',
    { fixedIps: [{ subnetId: 'web-b' }] },
    (path) => ({
      code: 'resource_exhausted',
      field: `${path}.fixed_ips[0].ip_address`,
      resource: { type: 'subnet', id: 'web-b' },
    }),
  ],
  [
    'an unknown group',
    { securityGroupIds: ['web-sg', 'nope'] },
    (path) => absent('security_group', 'nope', `${path}.security_group_ids[1]`),
  ],
  [
    "another VPC's group",
    { securityGroupIds: ['db-sg'] },
    (path) => absent('security_group', 'db-sg', `${path}.security_group_ids[0]`),
  ],
  ['a group twice', { securityGroupIds: ['web-sg', 'web-sg'] }, at('security_group_ids[1]')],
  [
    'a pair with host bits',
    { allowedAddressPairs: [{ ipAddress: '10.1.0.1/24' }] },
    at('allowed_address_pairs[0].ip_address'),
  ],
  [
    'a pair with a bad MAC address',
    { allowedAddressPairs: [{ ipAddress: '10.1.0.7', macAddress: 'ff:ff:ff:ff:ff:ff' }] },
    at('allowed_address_pairs[0].mac_address'),
  ],
  ['a long name', { name: longName }, at('name')],
  ['a long device', { deviceId: longName }, at('device_id')],
  ['a long owner', { deviceOwner: longName }, at('device_owner')],
  ...badLabels.map(([what, labels, path]): BadPort => [what, { labels }, at(`labels${path}`)]),
];

const maskPaths: Readonly<Partial<Record<keyof PortInput, string>>> = {
  macAddress: 'mac_address',
  fixedIps: 'fixed_ips',
  securityGroupIds: 'security_group_ids',
  allowedAddressPairs: 'allowed_address_pairs',
  deviceId: 'device_id',
  deviceOwner: 'device_owner',
};
const pathsOf = (port: PortInput): string[] =>
  Object.keys(port).map((field) => maskPaths[field as keyof PortInput] ?? field);

const web = { vpcId: 'web' };
const many = (count: number) => Array.from({ length: count }, () => ({ port: web }));
const bulk = (what: string, requests: { port?: PortInput; hostId?: string }[], refusal: Refusal) =>
  refused('createPorts', what, { requests }, refusal);

export const portRequests: readonly BadRequest[] = [
  ...badPorts.flatMap(([what, port, refusal]) => [
    refused('createPort', what, { port: { ...web, ...port } }, refusal('port')),
    bulk(what, [{ port: web }, { port: { ...web, ...port } }], refusal('requests[1].port')),
    refused(
      'updatePort',
      what,
      { port: { id: 'web-p2', ...port }, updateMask: { paths: pathsOf(port) } },
      refusal('port'),
    ),
  ]),

  refused('createPort', 'no port', {}, invalid('port')),
  refused('createPort', 'no VPC', { port: {} }, invalid('port.vpc_id')),
  refused('createPort', 'an unknown VPC', { port: { vpcId: 'nope' } }, absent('vpc', 'nope')),
  refused('createPort', 'a deleted VPC', { port: { vpcId: 'gone' } }, absent('vpc', 'gone')),
  refused('createPort', 'a bad id', { port: { ...web, id: 'a b' } }, invalid('port.id')),
  refused('createPort', 'a long id', { port: { ...web, id: longId } }, invalid('port.id')),
  refused('createPort', 'an id in use', { port: { ...web, id: 'web-p1' } }, exists('port', 'web-p1')),
  refused('createPort', "another VPC's id", { port: { ...web, id: 'db-p1' } }, exists('port', 'db-p1')),
  refused('createPort', 'a bad project', { port: { ...web, projectId: ' ' } }, invalid('port.project_id')),
  refused('createPort', 'a bad host', { port: web, hostId: 'a b' }, invalid('host_id')),
  refused('createPort', 'an unknown host', { port: web, hostId: 'nope' }, absent('host', 'nope', 'host_id')),
  refused('createPort', 'a long request id', { port: web, requestId: longRequestId }, invalid('request_id')),
  refused(
    'createPort',
    'a request id that was used',
    { requestId: 'web-request', port: { ...web, id: 'web-p2', name: 'other' } },
    invalid('request_id'),
  ),
  refused(
    'createPort',
    'an unknown group, with an id of its own',
    { port: { ...web, id: 'new-p', securityGroupIds: ['nope'] } },
    absent('security_group', 'nope', 'port.security_group_ids[0]'),
    ['claim:port/new-p'],
  ),

  bulk('nothing', [], invalid('requests')),
  bulk('too many', many(1_001), invalid('requests')),
  bulk('an item without a port', [{ port: web }, {}], invalid('requests[1].port')),
  bulk('two VPCs', [{ port: web }, { port: { vpcId: 'db' } }], invalid('requests[1].port.vpc_id')),
  bulk(
    'an id twice',
    [{ port: { ...web, id: 'new-p' } }, { port: { ...web, id: 'new-p' } }],
    invalid('requests[1].port.id'),
  ),
  bulk(
    'a MAC address twice',
    ['02:00:00:00:00:aa', '02-00-00-00-00-AA'].map((macAddress) => ({ port: { ...web, macAddress } })),
    exists('mac_address', '02:00:00:00:00:aa', 'requests[1].port.mac_address'),
  ),
  bulk('an id in use', [{ port: web }, { port: { ...web, id: 'web-p1' } }], exists('port', 'web-p1')),
  bulk("another VPC's id", [{ port: web }, { port: { ...web, id: 'db-p1' } }], exists('port', 'db-p1')),
  bulk(
    'an unknown host',
    [
      { port: web, hostId: 'host-a' },
      { port: web, hostId: 'nope' },
    ],
    absent('host', 'nope', 'requests[1].host_id'),
  ),
  refused(
    'createPorts',
    'a request id within',
    { requests: [{ port: web, requestId: 'r' }] },
    invalid('requests[0].request_id'),
  ),
  refused(
    'createPorts',
    'a request id that was used',
    { requestId: 'web-request', requests: [{ port: { ...web, id: 'web-p2' } }] },
    invalid('request_id'),
  ),

  refused('getPort', 'no id', {}, invalid('id')),
  refused('getPort', 'an unknown id', { id: 'nope' }, absent('port', 'nope')),
  refused('getPort', 'a deleted one', { id: 'gone-p' }, absent('port', 'gone-p')),

  refused('updatePort', 'no port', { updateMask: { paths: ['name'] } }, invalid('port')),
  refused('updatePort', 'no id', { port: {}, updateMask: { paths: ['name'] } }, invalid('port.id')),
  refused('updatePort', 'no mask', { port: { id: 'web-p2' } }, invalid('update_mask')),
  refused(
    'updatePort',
    'an unknown id',
    { port: { id: 'nope' }, updateMask: { paths: ['name'] } },
    absent('port', 'nope'),
  ),
  ...['vpc_id', 'bindings', 'fixedIps', ''].map((path) =>
    refused(
      'updatePort',
      `the path '${path}'`,
      { port: { id: 'web-p2' }, updateMask: { paths: [path] } },
      invalid('update_mask'),
    ),
  ),
  refused(
    'updatePort',
    'no MAC address',
    { port: { id: 'web-p2' }, updateMask: { paths: ['mac_address'] } },
    invalid('port.mac_address'),
  ),
  refused(
    'updatePort',
    'a request id that was used',
    { requestId: 'web-request', port: { id: 'web-p2' }, updateMask: { paths: ['name'] } },
    invalid('request_id'),
  ),

  refused('deletePort', 'no id', {}, invalid('id')),
  refused('deletePort', 'an unknown id', { id: 'nope' }, absent('port', 'nope')),
  refused('deletePort', 'a deleted one', { id: 'gone-p' }, absent('port', 'gone-p')),
  refused(
    'deletePort',
    'a request id that was used',
    { requestId: 'web-request', id: 'web-p1' },
    invalid('request_id'),
  ),
  refused('deletePorts', 'nothing', {}, invalid('ids')),
  refused('deletePorts', 'too many', { ids: Array.from({ length: 1_001 }, () => 'x') }, invalid('ids')),
  refused('deletePorts', 'a bad id', { ids: ['web-p1', 'a b'] }, invalid('ids[1]')),
  refused('deletePorts', 'an id twice', { ids: ['web-p1', 'web-p1'] }, invalid('ids[1]')),
  refused('deletePorts', 'an unknown id', { ids: ['web-p1', 'nope'] }, absent('port', 'nope')),
  refused('deletePorts', 'two VPCs', { ids: ['web-p1', 'db-p1'] }, invalid('ids[1]')),
];
