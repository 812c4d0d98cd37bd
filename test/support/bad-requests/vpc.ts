import { absent, badLabels, exists, invalid, longId, longName, longRequestId } from './bad-request.ts';
import { noSuchEnum, refused, unfit } from './bad-request.ts';
import type { BadRequest } from './bad-request.ts';

const MARK = 'announced vpc/new';

export const vpcRequests: readonly BadRequest[] = [
  refused('createVpc', 'no VPC', {}, invalid('vpc')),
  refused('createVpc', 'a bad id', { vpc: { id: 'a b' } }, invalid('vpc.id')),
  refused('createVpc', 'a long id', { vpc: { id: longId } }, invalid('vpc.id')),
  refused('createVpc', 'an id like a partition', { vpc: { id: 'a-partition-3' } }, invalid('vpc.id')),
  refused('createVpc', 'an id in use', { vpc: { id: 'web' } }, exists('vpc', 'web')),
  refused('createVpc', 'a bad project', { vpc: { projectId: 'a/b' } }, invalid('vpc.project_id')),
  refused('createVpc', 'a long name', { vpc: { name: longName } }, invalid('vpc.name')),
  refused('createVpc', 'a long text', { vpc: { description: longName } }, invalid('vpc.description')),
  refused('createVpc', 'no such type', { vpc: { networkType: noSuchEnum } }, invalid('vpc.network_type')),
  refused('createVpc', 'a large vni', { vpc: { vni: 0x100_0000 } }, invalid('vpc.vni')),
  refused('createVpc', 'a vni in use', { vpc: { id: 'new', vni: 4_242 } }, exists('vni', '4242', 'vpc.vni'), [
    MARK,
  ]),
  refused('createVpc', 'no CIDR', { vpc: { cidrs: ['10.0.0.0'] } }, invalid('vpc.cidrs[0]')),
  refused('createVpc', 'host bits', { vpc: { cidrs: ['10.0.0.1/8'] } }, invalid('vpc.cidrs[0]')),
  refused('createVpc', 'a long prefix', { vpc: { cidrs: ['fd00::/129'] } }, invalid('vpc.cidrs[0]')),
  refused(
    'createVpc',
    'overlapping ranges',
    { vpc: { cidrs: ['10.0.0.0/8', '192.168.0.0/16', '10.1.0.0/16'] } },
    invalid('vpc.cidrs[2]'),
  ),
  refused('createVpc', 'a small MTU', { vpc: { mtu: 67 } }, invalid('vpc.mtu')),
  refused('createVpc', 'a large MTU', { vpc: { mtu: 9_217 } }, invalid('vpc.mtu')),
  ...badLabels.map(([what, labels, path]) =>
    refused('createVpc', what, { vpc: { labels } }, invalid(`vpc.labels${path}`)),
  ),
  refused('createVpc', 'a bad cluster', { vpc: {}, cluster: 'a b' }, invalid('cluster')),
  refused(
    'createVpc',
    'no such cluster',
    { vpc: { id: 'new' }, cluster: 'nope' },
    absent('cluster', 'nope'),
    [MARK],
  ),
  refused('createVpc', 'a long request id', { requestId: longRequestId, vpc: {} }, invalid('request_id')),
  refused(
    'createVpc',
    'a request id that was used',
    { requestId: 'web-request', vpc: { id: 'web' } },
    invalid('request_id'),
  ),

  refused('getVpc', 'no id', {}, invalid('id')),
  refused('getVpc', 'a bad id', { id: 'a\nb' }, invalid('id')),
  refused('getVpc', 'an unknown id', { id: 'nope' }, absent('vpc', 'nope')),
  refused('getVpc', 'a deleted one', { id: 'gone' }, absent('vpc', 'gone')),
  refused('listVpcs', 'a bad project', { projectId: 'a b' }, invalid('project_id')),

  refused('moveVpc', 'no id', { cluster: 'main' }, invalid('id')),
  refused('moveVpc', 'no cluster', { id: 'web' }, invalid('cluster')),
  refused('moveVpc', 'no such cluster', { id: 'web', cluster: 'nope' }, absent('cluster', 'nope')),
  refused('moveVpc', 'an unknown id', { id: 'nope', cluster: 'main' }, absent('vpc', 'nope')),
  refused(
    'moveVpc',
    'a long request id',
    { requestId: longRequestId, id: 'web', cluster: 'main' },
    invalid('request_id'),
  ),

  refused('updateVpc', 'no VPC', { updateMask: { paths: ['name'] } }, invalid('vpc')),
  refused('updateVpc', 'no id', { vpc: {}, updateMask: { paths: ['name'] } }, invalid('vpc.id')),
  refused(
    'updateVpc',
    'an unknown id',
    { vpc: { id: 'nope' }, updateMask: { paths: ['name'] } },
    absent('vpc', 'nope'),
    ['announced vpc/nope'],
  ),
  refused('updateVpc', 'no mask', { vpc: { id: 'web', name: 'x' } }, invalid('update_mask')),
  refused('updateVpc', 'an empty mask', { vpc: { id: 'web' }, updateMask: {} }, invalid('update_mask')),
  refused(
    'updateVpc',
    'a path that cannot change',
    { vpc: { id: 'web', vni: 7 }, updateMask: { paths: ['name', 'vni'] } },
    invalid('update_mask'),
  ),
  refused(
    'updateVpc',
    'a large MTU',
    { vpc: { id: 'web', mtu: 10_000 }, updateMask: { paths: ['mtu'] } },
    invalid('vpc.mtu'),
  ),
  refused(
    'updateVpc',
    'host bits',
    { vpc: { id: 'web', cidrs: ['10.0.0.1/8'] }, updateMask: { paths: ['cidrs'] } },
    invalid('vpc.cidrs[0]'),
  ),
  refused(
    'updateVpc',
    'ranges without a subnet that is there',
    { vpc: { id: 'web', cidrs: ['10.2.0.0/15'] }, updateMask: { paths: ['cidrs'] } },
    unfit('subnet', 'web-a', 'vpc.cidrs'),
  ),
  refused(
    'updateVpc',
    'a request id that was used',
    { requestId: 'web-request', vpc: { id: 'web' }, updateMask: { paths: ['name'] } },
    invalid('request_id'),
  ),

  refused('deleteVpc', 'no id', {}, invalid('id')),
  refused('deleteVpc', 'an unknown id', { id: 'nope' }, absent('vpc', 'nope'), ['announced vpc/nope']),
  refused('deleteVpc', 'a deleted one', { id: 'gone' }, absent('vpc', 'gone'), ['announced vpc/gone']),
  refused('deleteVpc', 'one with ports', { id: 'web' }, unfit('vpc', 'web')),

  refused('getVpcStatus', 'no id', {}, invalid('id')),
  refused('getVpcStatus', 'an unknown id', { id: 'nope' }, absent('vpc', 'nope')),
  refused('watchRevision', 'no id', {}, invalid('vpc_id')),
  refused('watchRevision', 'an unknown id', { vpcId: 'nope' }, absent('vpc', 'nope')),
  refused('watchRevision', 'a revision below 0', { vpcId: 'web', revision: -1 }, invalid('revision')),
  refused('watchRevision', 'a revision to come', { vpcId: 'web', revision: 9_999 }, invalid('revision')),
  refused('watchRevision', 'a bad port', { vpcId: 'web', portIds: ['a b'] }, invalid('port_ids[0]')),
  refused(
    'watchRevision',
    'an unknown port',
    { vpcId: 'web', portIds: ['web-p1', 'nope'] },
    absent('port', 'nope', 'port_ids[1]'),
  ),
  refused(
    'watchRevision',
    "another VPC's port",
    { vpcId: 'web', portIds: ['db-p1'] },
    absent('port', 'db-p1', 'port_ids[0]'),
  ),
  refused(
    'watchRevision',
    'too many ports',
    { vpcId: 'web', portIds: Array.from({ length: 1_001 }, () => 'web-p1') },
    invalid('port_ids'),
  ),
];
