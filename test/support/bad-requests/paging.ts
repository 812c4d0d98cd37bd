import { absent, invalid, refused } from './bad-request.ts';
import type { BadRequest } from './bad-request.ts';

const badPages: readonly [what: string, page: { pageSize?: number; pageToken?: string }, field: string][] = [
  ['a large page', { pageSize: 1_001 }, 'page_size'],
  ['a negative page', { pageSize: -1 }, 'page_size'],
  ['a token that is none', { pageToken: '!!!' }, 'page_token'],
  ['a token of something else', { pageToken: Buffer.from('a b').toString('base64url') }, 'page_token'],
  ['a token that was padded', { pageToken: `${Buffer.from('a').toString('base64url')}==` }, 'page_token'],
];

export const pagingRequests: readonly BadRequest[] = badPages.flatMap(([what, page, field]) => [
  refused('listVpcs', what, page, invalid(field)),
  refused('listHosts', what, page, invalid(field)),
  refused('listPublicResources', what, page, invalid(field)),
  refused('listSubnets', what, { vpcId: 'web', ...page }, invalid(field)),
  refused('listSecurityGroups', what, { vpcId: 'web', ...page }, invalid(field)),
  refused('listRouteTables', what, { vpcId: 'web', ...page }, invalid(field)),
  refused('listPorts', what, { vpcId: 'web', ...page }, invalid(field)),
  refused('getVpcStatus', what, { id: 'web', ...page }, invalid(field)),
]);

export const listRequests: readonly BadRequest[] = [
  refused('listSubnets', 'no VPC', {}, invalid('vpc_id')),
  refused('listSubnets', 'an unknown VPC', { vpcId: 'nope' }, absent('vpc', 'nope')),
  refused('listSecurityGroups', 'no VPC', {}, invalid('vpc_id')),
  refused('listSecurityGroups', 'an unknown VPC', { vpcId: 'nope' }, absent('vpc', 'nope')),
  refused('listRouteTables', 'no VPC', {}, invalid('vpc_id')),
  refused('listRouteTables', 'a deleted VPC', { vpcId: 'gone' }, absent('vpc', 'gone')),
  refused('listPorts', 'nothing to go by', {}, invalid('vpc_id')),
  refused('listPorts', 'an unknown VPC', { vpcId: 'nope' }, absent('vpc', 'nope')),
  refused('listPorts', 'a bad host', { hostId: 'a b' }, invalid('host_id')),
  refused('listPorts', 'a long device', { deviceId: 'd'.repeat(256) }, invalid('device_id')),
  refused('listPublicResources', 'a bad kind', { kind: 'ELB' }, invalid('kind')),
];
