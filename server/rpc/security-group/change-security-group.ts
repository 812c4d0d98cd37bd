import type { Decoded } from '../../../core/codec/records.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { SecurityGroup } from '../../../core/model/resources.ts';
import type { RequestIdentity } from '../../../core/store/transaction.ts';
import type { ServerDeps } from '../../deps.ts';
import { mutate, need, vpcOf } from '../locate.ts';
import { changeReferences } from './references.ts';

/** Changes a group that exists; what other groups its rules name is counted along. */
export async function changeSecurityGroup(
  deps: ServerDeps,
  groupId: string,
  identity: RequestIdentity,
  change: (group: SecurityGroup) => Partial<SecurityGroup>,
): Promise<Pick<Decoded<SecurityGroup>, 'value' | 'revision'>> {
  const scope = scopes.vpc(await vpcOf(deps.store, 'security-group', groupId));
  const { result, revision } = await mutate(deps, scope, identity, async (tx) => {
    const { value } = await need<SecurityGroup>(tx, 'security-group', groupId);
    const group: SecurityGroup = { ...value, ...change(value), updatedAtMs: deps.clock() };
    await changeReferences(tx, groupId, value.rules, group.rules);
    tx.put(keys.securityGroup(groupId), group);
    return group;
  });
  return { value: result, revision };
}
