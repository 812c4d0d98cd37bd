import type { BindPortRequestInput } from '../../../proto/gen/vpcast/v1/BindPortRequest.ts';
import { absent, invalid, longName, noSuchEnum, refused, unfit } from './bad-request.ts';
import type { BadRequest, Refusal } from './bad-request.ts';

const badBinds: readonly [what: string, bind: BindPortRequestInput, refusal: (prefix: string) => Refusal][] =
  [
    ['no port', { portId: '' }, (prefix) => invalid(`${prefix}port_id`)],
    ['an unknown port', { portId: 'nope' }, () => absent('port', 'nope')],
    ['no host', { hostId: '' }, (prefix) => invalid(`${prefix}host_id`)],
    ['an unknown host', { hostId: 'nope' }, (prefix) => absent('host', 'nope', `${prefix}host_id`)],
    ['no such state', { state: noSuchEnum }, (prefix) => invalid(`${prefix}state`)],
    ['a long VNIC type', { vnicType: longName }, (prefix) => invalid(`${prefix}vnic_type`)],
    ['a profile that is not JSON', { profile: '{' }, (prefix) => invalid(`${prefix}profile`)],
    ['a profile that is no object', { profile: '[1]' }, (prefix) => invalid(`${prefix}profile`)],
    ['a long profile', { profile: `{"x":"${'x'.repeat(17_000)}"}` }, (prefix) => invalid(`${prefix}profile`)],
    ['a long device', { deviceId: longName }, (prefix) => invalid(`${prefix}device_id`)],
    ['a port that is active elsewhere', { portId: 'web-p1' }, () => unfit('port', 'web-p1')],
    [
      'to make an active binding inactive',
      { portId: 'web-p1', hostId: 'host-a', state: 'BINDING_STATE_INACTIVE' },
      () => unfit('port', 'web-p1'),
    ],
  ];

const good: BindPortRequestInput = { portId: 'web-p2', hostId: 'host-b' };
const other: BindPortRequestInput = { portId: 'web-p3', hostId: 'host-a' };

export const bindingRequests: readonly BadRequest[] = [
  ...badBinds.flatMap(([what, bind, refusal]) => [
    refused('bindPort', what, { ...good, ...bind }, refusal('')),
    refused('bindPorts', what, { requests: [other, { ...good, ...bind }] }, refusal('requests[1].')),
  ]),
  refused(
    'bindPort',
    'a request id that was used',
    { ...good, requestId: 'web-request' },
    invalid('request_id'),
    ['catalog:ports@host/host-b web-p2'],
  ),
  refused('bindPorts', 'nothing', {}, invalid('requests')),
  refused(
    'bindPorts',
    'too many',
    { requests: Array.from({ length: 1_001 }, () => good) },
    invalid('requests'),
  ),
  refused(
    'bindPorts',
    'two VPCs',
    { requests: [good, { portId: 'db-p1', hostId: 'host-b' }] },
    invalid('requests[1].port_id'),
  ),
  refused(
    'bindPorts',
    'a request id within',
    { requests: [good, { ...other, requestId: 'r' }] },
    invalid('requests[1].request_id'),
  ),

  refused('unbindPort', 'no port', {}, invalid('port_id')),
  refused('unbindPort', 'an unknown port', { portId: 'nope' }, absent('port', 'nope')),
  refused('unbindPort', 'a bad host', { portId: 'web-p1', hostId: 'a b' }, invalid('host_id')),
  refused(
    'unbindPort',
    'a request id that was used',
    { requestId: 'web-request', portId: 'web-p1' },
    invalid('request_id'),
  ),
  refused('unbindPorts', 'nothing', {}, invalid('requests')),
  refused(
    'unbindPorts',
    'an item without a port',
    { requests: [{ portId: 'web-p1' }, {}] },
    invalid('requests[1].port_id'),
  ),
  refused(
    'unbindPorts',
    'an unknown port',
    { requests: [{ portId: 'web-p1' }, { portId: 'nope' }] },
    absent('port', 'nope'),
  ),
  refused(
    'unbindPorts',
    'two VPCs',
    { requests: [{ portId: 'web-p1' }, { portId: 'db-p1' }] },
    invalid('requests[1].port_id'),
  ),

  refused('migratePort', 'no port', { hostId: 'host-b' }, invalid('port_id')),
  refused('migratePort', 'no host', { portId: 'web-p1' }, invalid('host_id')),
  refused('migratePort', 'an unknown port', { portId: 'nope', hostId: 'host-b' }, absent('port', 'nope')),
  refused(
    'migratePort',
    'an unknown host',
    { portId: 'web-p1', hostId: 'nope' },
    absent('host', 'nope', 'host_id'),
  ),
  refused(
    'migratePort',
    'a request id that was used',
    { requestId: 'web-request', portId: 'web-p1', hostId: 'host-b' },
    invalid('request_id'),
    ['catalog:ports@host/host-b web-p1'],
  ),
];
