import { alreadyExists } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Vpc } from '../../../core/model/resources.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { CreateSecurityGroupRequest } from '../../../proto/gen/vpcast/v1/CreateSecurityGroupRequest.ts';
import type { SecurityGroupInput } from '../../../proto/gen/vpcast/v1/SecurityGroup.ts';
import type { ServerDeps } from '../../deps.ts';
import { claimId, keepIds, mutate, need } from '../locate.ts';
import { narrowNewSecurityGroup } from './narrow.ts';
import { presentSecurityGroup } from './present.ts';
import { changeReferences } from './references.ts';

export async function createSecurityGroup(
  deps: ServerDeps,
  request: CreateSecurityGroupRequest,
): Promise<SecurityGroupInput> {
  const group = narrowNewSecurityGroup(request, deps.clock());
  const { id, vpcId } = group;
  const identity = identify('CreateSecurityGroup', request);
  const { result, revision } = await mutate(deps, scopes.vpc(vpcId), identity, async (tx) => {
    await need<Vpc>(tx, 'vpc', vpcId);
    if ((await tx.get(keys.securityGroup(id))) !== undefined) throw alreadyExists('security_group', id);
    await changeReferences(tx, id, [], group.rules);
    await claimId(deps, 'security-group', id, vpcId);
    tx.put(keys.securityGroup(id), group);
    return group;
  });
  await keepIds(deps, 'security-group', [id], vpcId);
  return presentSecurityGroup({ value: result, revision });
}
