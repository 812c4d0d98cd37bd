import { invalid, notFound } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { OpaqueConfig } from '../../../core/model/resources.ts';
import type { RecordKey, Scope } from '../../../core/store/port.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { PublishRequest } from '../../../proto/gen/vpcast/v1/PublishRequest.ts';
import type { PublishResponseInput } from '../../../proto/gen/vpcast/v1/PublishResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { mutate } from '../locate.ts';
import { narrowData } from '../public/narrow.ts';
import { needPublic } from '../public/read.ts';

export async function publish(deps: ServerDeps, request: PublishRequest): Promise<PublishResponseInput> {
  fields.requestId(request.requestId);
  const contentType = fields.text('content_type', request.contentType);
  const data = narrowData('data', request.data);
  switch (request.target) {
    case 'hostId': {
      const id = fields.id('host_id', request.hostId ?? '');
      return publishConfig(
        deps,
        request,
        { scope: scopes.host(id), key: keys.host(id), type: 'host', id },
        data,
      );
    }
    case 'vpcId': {
      const id = fields.id('vpc_id', request.vpcId ?? '');
      return publishConfig(
        deps,
        request,
        { scope: scopes.vpc(id), key: keys.vpc(id), type: 'vpc', id },
        data,
      );
    }
    case 'publicResourceId': {
      const id = fields.id('public_resource_id', request.publicResourceId ?? '');
      if (request.name !== '') throw invalid('name', 'must be empty for a public resource');
      return publishToGroup(deps, request, id, { data, contentType });
    }
    default:
      throw invalid('target', 'one of host_id, vpc_id and public_resource_id must be set');
  }
}

interface Target {
  readonly scope: Scope;
  /** The record that stands for it. */
  readonly key: RecordKey;
  readonly type: string;
  readonly id: string;
}

async function publishConfig(
  deps: ServerDeps,
  request: PublishRequest,
  target: Target,
  data: string,
): Promise<PublishResponseInput> {
  const name = fields.id('name', request.name);
  const { contentType } = request;
  const { revision } = await mutate(deps, target.scope, identify('Publish', request), async (tx) => {
    if ((await tx.get(target.key)) === undefined) throw notFound(target.type, target.id);
    const key = keys.config(name);
    if (data !== '') {
      tx.put(key, { name, contentType, data, updatedAtMs: deps.clock() } satisfies OpaqueConfig);
    } else if ((await tx.get(key)) !== undefined) {
      tx.remove(key);
    }
  });
  return { revision };
}

async function publishToGroup(
  deps: ServerDeps,
  request: PublishRequest,
  id: string,
  contents: { readonly data: string; readonly contentType: string },
): Promise<PublishResponseInput> {
  const { revision } = await mutate(deps, scopes.public(id), identify('Publish', request), async (tx) => {
    const resource = await needPublic(tx, id);
    tx.put(keys.public(id), { ...resource, ...contents, updatedAtMs: deps.clock() });
  });
  return { revision };
}
