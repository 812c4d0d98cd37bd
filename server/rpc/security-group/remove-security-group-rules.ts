import { invalid, notFound } from '../../../core/errors.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { RemoveSecurityGroupRulesRequest } from '../../../proto/gen/vpcast/v1/RemoveSecurityGroupRulesRequest.ts';
import type { SecurityGroupInput } from '../../../proto/gen/vpcast/v1/SecurityGroup.ts';
import type { ServerDeps } from '../../deps.ts';
import { id, requestId } from '../../fields.ts';
import { changeSecurityGroup } from './change-security-group.ts';
import { presentSecurityGroup } from './present.ts';

export async function removeSecurityGroupRules(
  deps: ServerDeps,
  request: RemoveSecurityGroupRulesRequest,
): Promise<SecurityGroupInput> {
  const groupId = id('security_group_id', request.securityGroupId);
  requestId(request.requestId);
  if (request.ruleIds.length === 0) throw invalid('rule_ids', 'must not be empty');
  const removed = new Set(request.ruleIds.map((ruleId, i) => id(`rule_ids[${i}]`, ruleId)));
  const identity = identify('RemoveSecurityGroupRules', request);
  const changed = await changeSecurityGroup(deps, groupId, identity, ({ rules }) => {
    const known = new Set(rules.map((rule) => rule.id));
    for (const ruleId of removed) if (!known.has(ruleId)) throw notFound('security_group_rule', ruleId);
    return { rules: rules.filter((rule) => !removed.has(rule.id)) };
  });
  return presentSecurityGroup(changed);
}
