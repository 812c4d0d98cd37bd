import { scopes } from '../../../core/model/keys.ts';
import type { SecurityGroup } from '../../../core/model/resources.ts';
import type { ListSecurityGroupsRequest } from '../../../proto/gen/vpcast/v1/ListSecurityGroupsRequest.ts';
import type { ListSecurityGroupsResponseInput } from '../../../proto/gen/vpcast/v1/ListSecurityGroupsResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import { id } from '../../fields.ts';
import { readVpc } from '../locate.ts';
import { listRecords, pageOf } from '../paging.ts';
import { presentSecurityGroup } from './present.ts';

export async function listSecurityGroups(
  { store }: ServerDeps,
  request: ListSecurityGroupsRequest,
): Promise<ListSecurityGroupsResponseInput> {
  const vpcId = id('vpc_id', request.vpcId);
  const page = pageOf(request);
  await readVpc(store, vpcId);
  const { items, nextPageToken } = await listRecords<SecurityGroup>(
    store,
    scopes.vpc(vpcId),
    'security-group',
    page,
  );
  return { securityGroups: items.map(presentSecurityGroup), nextPageToken };
}
