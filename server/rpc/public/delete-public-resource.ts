import { keys, scopes } from '../../../core/model/keys.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { EmptyInput } from '../../../proto/gen/google/protobuf/Empty.ts';
import type { DeletePublicResourceRequest } from '../../../proto/gen/vpcast/v1/DeletePublicResourceRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { mutate } from '../locate.ts';
import { publicCatalogs } from './catalogs.ts';
import { findPublic, needPublic } from './read.ts';

export async function deletePublicResource(
  deps: ServerDeps,
  request: DeletePublicResourceRequest,
): Promise<EmptyInput> {
  const { store } = deps;
  fields.requestId(request.requestId);
  const id = fields.id('id', request.id);
  const identity = identify('DeletePublicResource', request);
  const { result: kind } = await mutate(deps, scopes.public(id), identity, async (tx) => {
    const resource = await needPublic(tx, id);
    // The lane stays: the group hears of the removal on it.
    tx.remove(keys.public(id));
    return resource.kind;
  });
  await Promise.all([store.delist(publicCatalogs.all, id), store.delist(publicCatalogs.kind(kind), id)]);
  // Made again while it was being taken out of the listings.
  const again = await findPublic(store, id);
  if (again !== undefined) {
    const { kind: newKind } = again.value;
    await Promise.all([store.enlist(publicCatalogs.all, id), store.enlist(publicCatalogs.kind(newKind), id)]);
  }
  return {};
}
