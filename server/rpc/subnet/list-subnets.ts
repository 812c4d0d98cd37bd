import { scopes } from '../../../core/model/keys.ts';
import type { Subnet } from '../../../core/model/resources.ts';
import type { ListSubnetsRequest } from '../../../proto/gen/vpcast/v1/ListSubnetsRequest.ts';
import type { ListSubnetsResponseInput } from '../../../proto/gen/vpcast/v1/ListSubnetsResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import { id } from '../../fields.ts';
import { readVpc } from '../locate.ts';
import { listRecords, pageOf } from '../paging.ts';
import { presentSubnet } from './present.ts';

export async function listSubnets(
  { store }: ServerDeps,
  request: ListSubnetsRequest,
): Promise<ListSubnetsResponseInput> {
  const vpcId = id('vpc_id', request.vpcId);
  const page = pageOf(request);
  await readVpc(store, vpcId);
  const { items, nextPageToken } = await listRecords<Subnet>(store, scopes.vpc(vpcId), 'subnet', page);
  return { subnets: items.map(presentSubnet), nextPageToken };
}
