import type { ListHostsRequest } from '../../../proto/gen/vpcast/v1/ListHostsRequest.ts';
import type { ListHostsResponseInput } from '../../../proto/gen/vpcast/v1/ListHostsResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import { cut, isDefined, pageOf } from '../paging.ts';
import { HOST_CATALOG } from './host-catalog.ts';
import { presences, unheardOf } from '../../leases/presence.ts';
import { presentHost } from './present.ts';
import { readHosts } from './registered.ts';
import { vpcsOnHost } from './vpcs-on-host.ts';

export async function listHosts(
  deps: ServerDeps,
  request: ListHostsRequest,
): Promise<ListHostsResponseInput> {
  const { store } = deps;
  const page = pageOf(request);
  const listed = await store.catalog(HOST_CATALOG, page.after, page.size + 1);
  const { items, nextPageToken } = cut(page, listed, (id) => id);
  const hosts = (await readHosts(store, items)).filter(isDefined);
  const ids = hosts.map(({ value: host }) => host.id);
  const [present, vpcIds] = await Promise.all([
    presences(deps, ids),
    Promise.all(ids.map((id) => vpcsOnHost(store, id))),
  ]);
  return {
    hosts: hosts.map(({ value: host }, i) => presentHost(host, vpcIds[i] ?? [], present[i] ?? unheardOf)),
    nextPageToken,
  };
}
