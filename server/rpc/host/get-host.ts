import { notFound } from '../../../core/errors.ts';
import type { GetHostRequest } from '../../../proto/gen/vpcast/v1/GetHostRequest.ts';
import type { HostInput } from '../../../proto/gen/vpcast/v1/Host.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { presenceOf } from '../../leases/presence.ts';
import { presentHost } from './present.ts';
import { readHosts } from './registered.ts';
import { vpcsOnHost } from './vpcs-on-host.ts';

export async function getHost(deps: ServerDeps, request: GetHostRequest): Promise<HostInput> {
  const { store } = deps;
  const hostId = fields.id('id', request.id);
  const [host] = await readHosts(store, [hostId]);
  if (host === undefined) throw notFound('host', hostId);
  const [vpcIds, presence] = await Promise.all([vpcsOnHost(store, hostId), presenceOf(deps, hostId)]);
  return presentHost(host.value, vpcIds, presence);
}
