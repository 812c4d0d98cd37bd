import type { ListHostsRequest } from '../../../proto/gen/vpcast/v1/ListHostsRequest.ts';
import type { ListHostsResponseInput } from '../../../proto/gen/vpcast/v1/ListHostsResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import { cut, isDefined, pageOf } from '../paging.ts';
import { HOST_CATALOG } from './host-catalog.ts';
import { presentHost } from './present.ts';
import { readHosts } from './registered.ts';
import { vpcsOnHost } from './vpcs-on-host.ts';

export async function listHosts(
  { store }: ServerDeps,
  request: ListHostsRequest,
): Promise<ListHostsResponseInput> {
  const page = pageOf(request);
  const listed = await store.catalog(HOST_CATALOG, page.after, page.size + 1);
  const { items, nextPageToken } = cut(page, listed, (id) => id);
  const hosts = (await readHosts(store, items)).filter(isDefined);
  return {
    hosts: await Promise.all(
      hosts.map(async ({ value: host }) => presentHost(host, await vpcsOnHost(store, host.id))),
    ),
    nextPageToken,
  };
}
