import type { PublicResourceInput } from '../../../proto/gen/vpcast/v1/PublicResource.ts';
import type { PublishRequestInput } from '../../../proto/gen/vpcast/v1/PublishRequest.ts';
import { absent, exists, invalid, longId, longName, longRequestId, refused } from './bad-request.ts';
import type { BadRequest, Leftover, Refusal } from './bad-request.ts';

const create = (what: string, resource: PublicResourceInput, refusal: Refusal): BadRequest =>
  refused('createPublicResource', what, { resource: { kind: 'elb', ...resource } }, refusal);

const update = (
  what: string,
  resource: PublicResourceInput,
  refusal: Refusal,
  leaves: readonly Leftover[] = [],
): BadRequest =>
  refused('updatePublicResource', what, { resource: { id: 'lb', ...resource } }, refusal, leaves);

const publish = (
  what: string,
  request: PublishRequestInput,
  refusal: Refusal,
  leaves: readonly Leftover[] = [],
): BadRequest =>
  refused('publish', what, { name: 'motd', data: Buffer.from('x'), ...request }, refusal, leaves);

const tooLarge = Buffer.alloc(1024 * 1024 + 1);

export const publicRequests: readonly BadRequest[] = [
  refused('createPublicResource', 'no resource', {}, invalid('resource')),
  create('no kind', { kind: '' }, invalid('resource.kind')),
  create('a bad kind', { kind: 'Elb' }, invalid('resource.kind')),
  create('a long kind', { kind: 'k'.repeat(33) }, invalid('resource.kind')),
  create('a bad id', { id: 'a b' }, invalid('resource.id')),
  create('an id in use', { id: 'lb' }, exists('public_resource', 'lb')),
  create('an id in use, of a new kind', { id: 'lb', kind: 'nat' }, exists('public_resource', 'lb')),
  create('a bad project', { projectId: 'a b' }, invalid('resource.project_id')),
  create('a long name', { name: longName }, invalid('resource.name')),
  create('large data', { data: tooLarge }, invalid('resource.data')),
  create('a long content type', { contentType: longName }, invalid('resource.content_type')),
  create('a bad label', { labels: { '': 'x' } }, invalid('resource.labels')),
  refused(
    'createPublicResource',
    'a request id that was used',
    { requestId: 'lb-request', resource: { id: 'lb', kind: 'elb', name: 'other' } },
    invalid('request_id'),
  ),

  refused('getPublicResource', 'no id', {}, invalid('id')),
  refused('getPublicResource', 'an unknown id', { id: 'nope' }, absent('public_resource', 'nope')),

  refused('updatePublicResource', 'no resource', {}, invalid('resource')),
  update('no id', { id: '' }, invalid('resource.id')),
  update('an unknown id', { id: 'nope' }, absent('public_resource', 'nope'), ['announced public/nope']),
  update('large data', { data: tooLarge }, invalid('resource.data')),
  update('a long name', { name: longName }, invalid('resource.name')),
  refused(
    'updatePublicResource',
    'a request id that was used',
    { requestId: 'lb-request', resource: { id: 'lb' } },
    invalid('request_id'),
  ),

  refused('deletePublicResource', 'no id', {}, invalid('id')),
  refused('deletePublicResource', 'an unknown id', { id: 'nope' }, absent('public_resource', 'nope'), [
    'announced public/nope',
  ]),
  refused(
    'deletePublicResource',
    'a long request id',
    { id: 'lb', requestId: longRequestId },
    invalid('request_id'),
  ),
];

export const publishRequests: readonly BadRequest[] = [
  publish('no target', {}, invalid('target')),
  publish('no host', { hostId: '' }, invalid('host_id')),
  publish('an unknown host', { hostId: 'nope' }, absent('host', 'nope'), ['announced host/nope']),
  publish('a bad VPC', { vpcId: 'a b' }, invalid('vpc_id')),
  publish('an unknown VPC', { vpcId: 'nope' }, absent('vpc', 'nope'), ['announced vpc/nope']),
  publish('a deleted VPC', { vpcId: 'gone' }, absent('vpc', 'gone'), ['announced vpc/gone']),
  publish(
    'an unknown public resource',
    { publicResourceId: 'nope', name: '' },
    absent('public_resource', 'nope'),
    ['announced public/nope'],
  ),
  publish('a name for a public resource', { publicResourceId: 'lb' }, invalid('name')),
  publish('no name', { vpcId: 'web', name: '' }, invalid('name')),
  publish('a bad name', { vpcId: 'web', name: 'a/b' }, invalid('name')),
  publish('a long name', { hostId: 'host-a', name: longId }, invalid('name')),
  publish('large data', { vpcId: 'web', data: tooLarge }, invalid('data')),
  publish('a long content type', { vpcId: 'web', contentType: longName }, invalid('content_type')),
  publish('a long request id', { vpcId: 'web', requestId: longRequestId }, invalid('request_id')),
  publish('a request id that was used', { vpcId: 'web', requestId: 'web-request' }, invalid('request_id')),
  // More than the server takes in at all, so that no handler could name a field.
  publish(
    'an oversized request',
    { vpcId: 'web', data: Buffer.alloc(5_000_000) },
    {
      code: 'resource_exhausted',
    },
  ),
];
