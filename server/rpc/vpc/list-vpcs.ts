import { decodeRecord } from '../../../core/codec/records.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Vpc } from '../../../core/model/resources.ts';
import type { ListVpcsRequest } from '../../../proto/gen/vpcast/v1/ListVpcsRequest.ts';
import type { ListVpcsResponseInput } from '../../../proto/gen/vpcast/v1/ListVpcsResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import { optionalId } from '../../fields.ts';
import { cut, isDefined, pageOf } from '../paging.ts';
import { vpcCatalogs } from './catalogs.ts';
import { presentVpc } from './present.ts';

export async function listVpcs(
  { store }: ServerDeps,
  request: ListVpcsRequest,
): Promise<ListVpcsResponseInput> {
  const projectId = optionalId('project_id', request.projectId);
  const page = pageOf(request);
  const catalog = projectId === '' ? vpcCatalogs.all : vpcCatalogs.project(projectId);
  const { items, nextPageToken } = cut(
    page,
    await store.catalog(catalog, page.after, page.size + 1),
    (id) => id,
  );
  const records = await Promise.all(items.map((id) => store.read(scopes.vpc(id), [keys.vpc(id)])));
  const vpcs = records
    .flat()
    .map((record) => decodeRecord<Vpc>(record))
    .filter(isDefined);
  const matching = vpcs.filter(({ value }) => projectId === '' || value.projectId === projectId);
  return { vpcs: matching.map(presentVpc), nextPageToken };
}
