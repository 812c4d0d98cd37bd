import type { SecurityGroup } from '../../../core/model/resources.ts';
import type { GetSecurityGroupRequest } from '../../../proto/gen/vpcast/v1/GetSecurityGroupRequest.ts';
import type { SecurityGroupInput } from '../../../proto/gen/vpcast/v1/SecurityGroup.ts';
import type { ServerDeps } from '../../deps.ts';
import { id } from '../../fields.ts';
import { readResource } from '../locate.ts';
import { presentSecurityGroup } from './present.ts';

export async function getSecurityGroup(
  { store }: ServerDeps,
  request: GetSecurityGroupRequest,
): Promise<SecurityGroupInput> {
  return presentSecurityGroup(
    await readResource<SecurityGroup>(store, 'security-group', id('id', request.id)),
  );
}
