import { scopes } from '../../../core/model/keys.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { EmptyInput } from '../../../proto/gen/google/protobuf/Empty.ts';
import type { DeleteSecurityGroupRequest } from '../../../proto/gen/vpcast/v1/DeleteSecurityGroupRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import { id, requestId } from '../../fields.ts';
import { mutate, need, releaseIds, vpcOf } from '../locate.ts';
import { refuseInUse } from '../refuse-in-use.ts';
import { groupPortsCounter, groupRefsCounter, removeSecurityGroup } from './references.ts';

export async function deleteSecurityGroup(
  deps: ServerDeps,
  request: DeleteSecurityGroupRequest,
): Promise<EmptyInput> {
  const groupId = id('id', request.id);
  requestId(request.requestId);
  const vpcId = await vpcOf(deps.store, 'security-group', groupId);
  await mutate(deps, scopes.vpc(vpcId), identify('DeleteSecurityGroup', request), async (tx) => {
    await need(tx, 'security-group', groupId);
    await refuseInUse(
      deps,
      tx,
      { type: 'security_group', id: groupId },
      {
        [groupPortsCounter(groupId)]: 'ports are in it',
        [groupRefsCounter(groupId)]: 'rules of other groups name it',
      },
    );
    await removeSecurityGroup(tx, groupId);
    return {};
  });
  await releaseIds(deps, 'security-group', [groupId], vpcId, request.requestId);
  return {};
}
