import type { SecurityGroup } from '../../../core/model/resources.ts';
import type { CreateSecurityGroupRequest } from '../../../proto/gen/vpcast/v1/CreateSecurityGroupRequest.ts';
import type { SecurityGroup as SecurityGroupMessage } from '../../../proto/gen/vpcast/v1/SecurityGroup.ts';
import { id, labels, optionalId, present, requestId, text } from '../../fields.ts';
import { idFor } from '../locate.ts';
import type { MaskedFields } from '../update-mask.ts';
import { narrowRules } from './narrow-rules.ts';

export function narrowNewSecurityGroup(request: CreateSecurityGroupRequest, nowMs: number): SecurityGroup {
  const given = present('security_group', request.securityGroup);
  requestId(request.requestId);
  return {
    id: idFor('security_group.id', given.id, 'CreateSecurityGroup', request.requestId),
    vpcId: id('security_group.vpc_id', given.vpcId),
    projectId: optionalId('security_group.project_id', given.projectId),
    name: text('security_group.name', given.name),
    description: text('security_group.description', given.description),
    stateful: !given.stateless,
    rules: narrowRules('security_group.rules', given.rules),
    labels: labels('security_group.labels', given.labels),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

export function securityGroupFields(given: SecurityGroupMessage): MaskedFields<SecurityGroup> {
  return {
    name: () => ({ name: text('security_group.name', given.name) }),
    description: () => ({ description: text('security_group.description', given.description) }),
    stateless: () => ({ stateful: !given.stateless }),
    rules: () => ({ rules: narrowRules('security_group.rules', given.rules) }),
    labels: () => ({ labels: labels('security_group.labels', given.labels) }),
  };
}
