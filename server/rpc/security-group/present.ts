import type { Decoded } from '../../../core/codec/records.ts';
import type { SecurityGroup, SecurityGroupRule } from '../../../core/model/resources.ts';
import type { SecurityGroupInput } from '../../../proto/gen/vpcast/v1/SecurityGroup.ts';
import type { SecurityGroupRuleInput } from '../../../proto/gen/vpcast/v1/SecurityGroupRule.ts';
import { timestamp } from '../time.ts';

export function presentSecurityGroup({
  value,
  revision,
}: Pick<Decoded<SecurityGroup>, 'value' | 'revision'>): SecurityGroupInput {
  return {
    id: value.id,
    vpcId: value.vpcId,
    projectId: value.projectId,
    name: value.name,
    description: value.description,
    stateless: !value.stateful,
    rules: value.rules.map(presentRule),
    labels: { ...value.labels },
    revision,
    createTime: timestamp(value.createdAtMs),
    updateTime: timestamp(value.updatedAtMs),
  };
}

function presentRule(rule: SecurityGroupRule): SecurityGroupRuleInput {
  return {
    ...rule,
    direction: rule.direction === 'ingress' ? 'DIRECTION_INGRESS' : 'DIRECTION_EGRESS',
    etherType: rule.etherType === 'ipv4' ? 'ETHER_TYPE_IPV4' : 'ETHER_TYPE_IPV6',
  };
}
