import type { Decoded } from '../../../core/codec/records.ts';
import type { PublicResource } from '../../../core/model/resources.ts';
import type { ListPublicResourcesRequest } from '../../../proto/gen/vpcast/v1/ListPublicResourcesRequest.ts';
import type { ListPublicResourcesResponseInput } from '../../../proto/gen/vpcast/v1/ListPublicResourcesResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import { narrowKind } from '../host/narrow.ts';
import { cut, isDefined, pageOf } from '../paging.ts';
import { publicCatalogs } from './catalogs.ts';
import { presentPublic } from './present.ts';
import { findPublic } from './read.ts';

export async function listPublicResources(
  { store }: ServerDeps,
  request: ListPublicResourcesRequest,
): Promise<ListPublicResourcesResponseInput> {
  const kind = request.kind === '' ? '' : narrowKind('kind', request.kind);
  const catalog = kind === '' ? publicCatalogs.all : publicCatalogs.kind(kind);
  const page = pageOf(request);
  const wanted = page.size + 1;
  const found: Decoded<PublicResource>[] = [];
  for (let after = page.after; found.length < wanted;) {
    const ids = await store.catalog(catalog, after, wanted);
    const read = (await Promise.all(ids.map((id) => findPublic(store, id)))).filter(isDefined);
    // A listing may name what is gone, or what has come back as another kind.
    found.push(...read.filter(({ value }) => kind === '' || value.kind === kind));
    const last = ids.at(-1);
    if (ids.length < wanted || last === undefined) break;
    after = last;
  }
  const { items, nextPageToken } = cut(page, found, (resource) => resource.value.id);
  const resources = await Promise.all(items.map((resource) => presentPublic(store, resource)));
  return { resources, nextPageToken };
}
