import { invalid, PlatformError } from '../../../core/errors.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { AddSecurityGroupRulesRequest } from '../../../proto/gen/vpcast/v1/AddSecurityGroupRulesRequest.ts';
import type { SecurityGroupInput } from '../../../proto/gen/vpcast/v1/SecurityGroup.ts';
import type { ServerDeps } from '../../deps.ts';
import { id, requestId } from '../../fields.ts';
import { changeSecurityGroup } from './change-security-group.ts';
import { narrowRules } from './narrow-rules.ts';
import { presentSecurityGroup } from './present.ts';

export async function addSecurityGroupRules(
  deps: ServerDeps,
  request: AddSecurityGroupRulesRequest,
): Promise<SecurityGroupInput> {
  const groupId = id('security_group_id', request.securityGroupId);
  requestId(request.requestId);
  if (request.rules.length === 0) throw invalid('rules', 'must not be empty');
  const added = narrowRules('rules', request.rules);
  const identity = identify('AddSecurityGroupRules', request);
  const changed = await changeSecurityGroup(deps, groupId, identity, ({ rules }) => {
    const known = new Set(rules.map((rule) => rule.id));
    const at = added.findIndex((rule) => known.has(rule.id));
    if (at !== -1) {
      const field = `rules[${at}].id`;
      const description = 'the group has a rule of this id';
      throw new PlatformError('already_exists', `${field}: ${description}`, {
        violations: [{ field, description }],
        resource: { type: 'security_group_rule', id: added[at]?.id ?? '' },
      });
    }
    return { rules: [...rules, ...added] };
  });
  return presentSecurityGroup(changed);
}
