import { keys, scopes } from '../../../core/model/keys.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { PublicResourceInput } from '../../../proto/gen/vpcast/v1/PublicResource.ts';
import type { UpdatePublicResourceRequest } from '../../../proto/gen/vpcast/v1/UpdatePublicResourceRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { mutate } from '../locate.ts';
import { narrowContents } from './narrow.ts';
import { presentPublic } from './present.ts';
import { needPublic } from './read.ts';

export async function updatePublicResource(
  deps: ServerDeps,
  request: UpdatePublicResourceRequest,
): Promise<PublicResourceInput> {
  fields.requestId(request.requestId);
  const message = fields.present('resource', request.resource);
  const id = fields.id('resource.id', message.id);
  const contents = narrowContents(message);
  const identity = identify('UpdatePublicResource', request);
  const { result, revision } = await mutate(deps, scopes.public(id), identity, async (tx) => {
    const resource = { ...(await needPublic(tx, id)), ...contents, updatedAtMs: deps.clock() };
    tx.put(keys.public(id), resource);
    return resource;
  });
  return presentPublic(deps.store, { key: keys.public(id), revision, value: result });
}
