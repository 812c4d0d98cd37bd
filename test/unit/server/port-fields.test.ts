import type { RequestInput } from '../../../adapters/grpc/methods.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import { bindPort } from '../../../server/rpc/port/bind-port.ts';
import { bindPorts } from '../../../server/rpc/port/bind-ports.ts';
import { createPort } from '../../../server/rpc/port/create-port.ts';
import { createPorts } from '../../../server/rpc/port/create-ports.ts';
import { deletePorts } from '../../../server/rpc/port/delete-ports.ts';
import { listPorts } from '../../../server/rpc/port/list-ports.ts';
import { migratePort } from '../../../server/rpc/port/migrate-port.ts';
import { unbindPort } from '../../../server/rpc/port/unbind-port.ts';
import { unbindPorts } from '../../../server/rpc/port/unbind-ports.ts';
import { updatePort } from '../../../server/rpc/port/update-port.ts';
import { makeVpc, refused, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { makeHosts, makePort, makeSubnet, planeWithVpc } from './port-fixture.ts';

type PortFields = NonNullable<RequestInput<'CreatePort'>['port']>;

/** One plane for all: a call that is refused changes nothing. */
describe('fields of port requests', () => {
  let plane: ControlPlane;
  before(async () => {
    plane = await planeWithVpc();
    await makeVpc(plane, 'v2');
    await makeSubnet(plane, 's2', '10.9.0.0/24', 'v2');
    await makeHosts(plane, 'h1');
    await makePort(plane, {
      id: 'taken',
      macAddress: '02:00:00:00:00:01',
      fixedIps: [{ ipAddress: '10.0.0.7' }],
    });
    await makePort(plane, { id: 'elsewhere', vpcId: 'v2' });
  });

  const described: [string, PortFields, ErrorCode, string][] = [
    ['a bad id', { id: 'a/b' }, 'invalid_argument', 'id'],
    ['a bad project', { projectId: 'a b' }, 'invalid_argument', 'project_id'],
    ['a long name', { name: 'n'.repeat(256) }, 'invalid_argument', 'name'],
    ['a bad MAC', { macAddress: '02:00' }, 'invalid_argument', 'mac_address'],
    ['a multicast MAC', { macAddress: '01:00:00:00:00:01' }, 'invalid_argument', 'mac_address'],
    ['a MAC in use', { macAddress: '02-00-00-00-00-01' }, 'already_exists', 'mac_address'],
    ['a long device', { deviceId: 'd'.repeat(256) }, 'invalid_argument', 'device_id'],
    ['a long device owner', { deviceOwner: 'd'.repeat(256) }, 'invalid_argument', 'device_owner'],
    ['a bad group', { securityGroupIds: ['ok', '/'] }, 'invalid_argument', 'security_group_ids[1]'],
    ['a group twice', { securityGroupIds: ['g', 'g'] }, 'invalid_argument', 'security_group_ids[1]'],
    ['a group that is missing', { securityGroupIds: ['g'] }, 'not_found', 'security_group_ids[0]'],
    ['no IP', { fixedIps: [{ ipAddress: 'x' }] }, 'invalid_argument', 'fixed_ips[0].ip_address'],
    ['a bad subnet', { fixedIps: [{ subnetId: '/' }] }, 'invalid_argument', 'fixed_ips[0].subnet_id'],
    ['a missing subnet', { fixedIps: [{ subnetId: 's9' }] }, 'not_found', 'fixed_ips[0].subnet_id'],
    ['another VPC’s subnet', { fixedIps: [{ subnetId: 's2' }] }, 'not_found', 'fixed_ips[0].subnet_id'],
    [
      'an IP in no subnet',
      { fixedIps: [{}, { ipAddress: '10.9.0.5' }] },
      'invalid_argument',
      'fixed_ips[1].ip_address',
    ],
    [
      'an IP of another subnet',
      { fixedIps: [{ subnetId: 's1', ipAddress: '10.9.0.5' }] },
      'invalid_argument',
      'fixed_ips[0].ip_address',
    ],
    [
      'the network address',
      { fixedIps: [{ ipAddress: '10.0.0.0' }] },
      'invalid_argument',
      'fixed_ips[0].ip_address',
    ],
    [
      'the broadcast address',
      { fixedIps: [{ ipAddress: '10.0.0.255' }] },
      'invalid_argument',
      'fixed_ips[0].ip_address',
    ],
    ['the gateway', { fixedIps: [{ ipAddress: '10.0.0.1' }] }, 'invalid_argument', 'fixed_ips[0].ip_address'],
    ['an IP in use', { fixedIps: [{ ipAddress: '10.0.0.7' }] }, 'already_exists', 'fixed_ips[0].ip_address'],
    [
      'an IP twice',
      { fixedIps: [{ ipAddress: '10.0.0.8' }, { ipAddress: '10.0.0.8' }] },
      'already_exists',
      'fixed_ips[1].ip_address',
    ],
    [
      'a bad pair',
      { allowedAddressPairs: [{ ipAddress: '10.0.0.1/24' }] },
      'invalid_argument',
      'allowed_address_pairs[0].ip_address',
    ],
    [
      'a pair with a bad MAC',
      { allowedAddressPairs: [{ ipAddress: '::1', macAddress: '1' }] },
      'invalid_argument',
      'allowed_address_pairs[0].mac_address',
    ],
    ['a label without a name', { labels: { '': 'x' } }, 'invalid_argument', 'labels'],
  ];
  for (const [name, port, code, field] of described) {
    const full = { vpcId: 'v1', ...port };
    it(`refuses ${name} in a create call, alone and in a list`, async () => {
      const single = request('CreatePort', { port: full });
      await refused(plane, 'v1', () => createPort(plane.deps, single), { code, field: `port.${field}` });
      const list = request('CreatePorts', { requests: [{ port: { vpcId: 'v1' } }, { port: full }] });
      const expected = { code, field: `requests[1].port.${field}` };
      await refused(plane, 'v1', () => createPorts(plane.deps, list), expected);
    });

    if (field === 'id' || field === 'project_id') continue;
    it(`refuses ${name} in an update`, async () => {
      const path = /^[a-z_]+/.exec(field)?.[0] ?? '';
      // Its own address and MAC are not in use by somebody else.
      const other = await makePort(plane, { fixedIps: [] });
      const update = request('UpdatePort', {
        port: { ...port, id: other.id ?? '' },
        updateMask: { paths: [path] },
      });
      await refused(plane, 'v1', () => updatePort(plane.deps, update), { code, field: `port.${field}` });
    });
  }

  const others: [string, () => Promise<unknown>, ErrorCode, string?][] = [
    [
      'a port that is not set',
      () => createPort(plane.deps, request('CreatePort', {})),
      'invalid_argument',
      'port',
    ],
    ['no VPC', () => makePort(plane, { vpcId: '' }), 'invalid_argument', 'port.vpc_id'],
    ['a VPC that is missing', () => makePort(plane, { vpcId: 'v9' }), 'not_found'],
    ['an id in use', () => makePort(plane, { id: 'taken' }), 'already_exists'],
    ['an id in use in another VPC', () => makePort(plane, { id: 'elsewhere' }), 'already_exists'],
    [
      'a long request id',
      () => makePort(plane, {}, { requestId: 'r'.repeat(129) }),
      'invalid_argument',
      'request_id',
    ],
    ['a bad host', () => makePort(plane, {}, { hostId: '/' }), 'invalid_argument', 'host_id'],
    ['a host that is missing', () => makePort(plane, {}, { hostId: 'h9' }), 'not_found', 'host_id'],
    [
      'an empty list',
      () => createPorts(plane.deps, request('CreatePorts', {})),
      'invalid_argument',
      'requests',
    ],
    [
      'a list that is too long',
      () =>
        createPorts(
          plane.deps,
          request('CreatePorts', {
            requests: Array.from({ length: 1_001 }, () => ({ port: { vpcId: 'v1' } })),
          }),
        ),
      'invalid_argument',
      'requests',
    ],
    [
      'a request id in a list',
      () =>
        createPorts(
          plane.deps,
          request('CreatePorts', { requests: [{ requestId: 'r', port: { vpcId: 'v1' } }] }),
        ),
      'invalid_argument',
      'requests[0].request_id',
    ],
    [
      'a list of two VPCs',
      () =>
        createPorts(
          plane.deps,
          request('CreatePorts', { requests: [{ port: { vpcId: 'v1' } }, { port: { vpcId: 'v2' } }] }),
        ),
      'invalid_argument',
      'requests[1].port.vpc_id',
    ],
    [
      'an id twice in a list',
      () =>
        createPorts(
          plane.deps,
          request('CreatePorts', {
            requests: [{ port: { vpcId: 'v1', id: 'x' } }, { port: { vpcId: 'v1', id: 'x' } }],
          }),
        ),
      'invalid_argument',
      'requests[1].port.id',
    ],
    [
      'a MAC twice in a list',
      () =>
        createPorts(
          plane.deps,
          request('CreatePorts', {
            requests: [1, 2].map(() => ({ port: { vpcId: 'v1', macAddress: '02:00:00:00:00:09' } })),
          }),
        ),
      'already_exists',
      'requests[1].port.mac_address',
    ],
    [
      'an update without a mask',
      () => updatePort(plane.deps, request('UpdatePort', { port: { id: 'taken' } })),
      'invalid_argument',
      'update_mask',
    ],
    [
      'an update of the VPC',
      () =>
        updatePort(
          plane.deps,
          request('UpdatePort', { port: { id: 'taken' }, updateMask: { paths: ['vpc_id'] } }),
        ),
      'invalid_argument',
      'update_mask',
    ],
    [
      'an update to no MAC',
      () =>
        updatePort(
          plane.deps,
          request('UpdatePort', { port: { id: 'taken' }, updateMask: { paths: ['mac_address'] } }),
        ),
      'invalid_argument',
      'port.mac_address',
    ],
    [
      'an update of a missing port',
      () =>
        updatePort(
          plane.deps,
          request('UpdatePort', { port: { id: 'p9' }, updateMask: { paths: ['name'] } }),
        ),
      'not_found',
    ],
    [
      'binding no port',
      () => bindPort(plane.deps, request('BindPort', { hostId: 'h1' })),
      'invalid_argument',
      'port_id',
    ],
    [
      'binding to no host',
      () => bindPort(plane.deps, request('BindPort', { portId: 'taken' })),
      'invalid_argument',
      'host_id',
    ],
    [
      'binding a missing port',
      () => bindPort(plane.deps, request('BindPort', { portId: 'p9', hostId: 'h1' })),
      'not_found',
    ],
    [
      'binding to a missing host',
      () => bindPort(plane.deps, request('BindPort', { portId: 'taken', hostId: 'h9' })),
      'not_found',
      'host_id',
    ],
    [
      'an unknown state',
      () => bindPort(plane.deps, request('BindPort', { portId: 'taken', hostId: 'h1', state: 7 as 1 })),
      'invalid_argument',
      'state',
    ],
    [
      'a long VNIC type',
      () =>
        bindPort(
          plane.deps,
          request('BindPort', { portId: 'taken', hostId: 'h1', vnicType: 'x'.repeat(256) }),
        ),
      'invalid_argument',
      'vnic_type',
    ],
    [
      'a profile that is no JSON object',
      () => bindPort(plane.deps, request('BindPort', { portId: 'taken', hostId: 'h1', profile: '[1]' })),
      'invalid_argument',
      'profile',
    ],
    [
      'bindings of two VPCs',
      () =>
        bindPorts(
          plane.deps,
          request('BindPorts', {
            requests: [
              { portId: 'taken', hostId: 'h1' },
              { portId: 'elsewhere', hostId: 'h1' },
            ],
          }),
        ),
      'invalid_argument',
      'requests[1].port_id',
    ],
    [
      'bindings with one missing host',
      () =>
        bindPorts(
          plane.deps,
          request('BindPorts', {
            requests: [
              { portId: 'taken', hostId: 'h1' },
              { portId: 'taken', hostId: 'h9' },
            ],
          }),
        ),
      'not_found',
      'requests[1].host_id',
    ],
    [
      'unbinding no port',
      () => unbindPort(plane.deps, request('UnbindPort', {})),
      'invalid_argument',
      'port_id',
    ],
    [
      'unbinding from a bad host',
      () => unbindPort(plane.deps, request('UnbindPort', { portId: 'taken', hostId: '/' })),
      'invalid_argument',
      'host_id',
    ],
    [
      'an empty list of unbindings',
      () => unbindPorts(plane.deps, request('UnbindPorts', {})),
      'invalid_argument',
      'requests',
    ],
    [
      'migrating to no host',
      () => migratePort(plane.deps, request('MigratePort', { portId: 'taken' })),
      'invalid_argument',
      'host_id',
    ],
    [
      'migrating to a missing host',
      () => migratePort(plane.deps, request('MigratePort', { portId: 'taken', hostId: 'h9' })),
      'not_found',
      'host_id',
    ],
    [
      'deleting nothing',
      () => deletePorts(plane.deps, request('DeletePorts', {})),
      'invalid_argument',
      'ids',
    ],
    [
      'deleting a port twice',
      () => deletePorts(plane.deps, request('DeletePorts', { ids: ['taken', 'taken'] })),
      'invalid_argument',
      'ids[1]',
    ],
    [
      'deleting ports of two VPCs',
      () => deletePorts(plane.deps, request('DeletePorts', { ids: ['taken', 'elsewhere'] })),
      'invalid_argument',
      'ids[1]',
    ],
    [
      'listing without a filter',
      () => listPorts(plane.deps, request('ListPorts', {})),
      'invalid_argument',
      'vpc_id',
    ],
    [
      'listing a missing VPC',
      () => listPorts(plane.deps, request('ListPorts', { vpcId: 'v9' })),
      'not_found',
    ],
    [
      'a page that is too large',
      () => listPorts(plane.deps, request('ListPorts', { vpcId: 'v1', pageSize: 1_001 })),
      'invalid_argument',
      'page_size',
    ],
    [
      'a made-up page token',
      () => listPorts(plane.deps, request('ListPorts', { vpcId: 'v1', pageToken: '?' })),
      'invalid_argument',
      'page_token',
    ],
  ];
  for (const [name, call, code, field] of others) {
    it(`refuses ${name}`, () =>
      refused(plane, 'v1', call, field === undefined ? { code } : { code, field }).then(() => undefined));
  }
});
