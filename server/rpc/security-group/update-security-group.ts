import type { SecurityGroup } from '../../../core/model/resources.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { SecurityGroupInput } from '../../../proto/gen/vpcast/v1/SecurityGroup.ts';
import type { UpdateSecurityGroupRequest } from '../../../proto/gen/vpcast/v1/UpdateSecurityGroupRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import { id, present, requestId } from '../../fields.ts';
import { maskedChanges } from '../update-mask.ts';
import { changeSecurityGroup } from './change-security-group.ts';
import { securityGroupFields } from './narrow.ts';
import { presentSecurityGroup } from './present.ts';

export async function updateSecurityGroup(
  deps: ServerDeps,
  request: UpdateSecurityGroupRequest,
): Promise<SecurityGroupInput> {
  const given = present('security_group', request.securityGroup);
  const groupId = id('security_group.id', given.id);
  requestId(request.requestId);
  const changes = maskedChanges<SecurityGroup>(request.updateMask, securityGroupFields(given));
  const identity = identify('UpdateSecurityGroup', request);
  return presentSecurityGroup(await changeSecurityGroup(deps, groupId, identity, () => changes));
}
