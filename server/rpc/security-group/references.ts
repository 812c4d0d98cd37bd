import { keys } from '../../../core/model/keys.ts';
import type { SecurityGroup, SecurityGroupRule } from '../../../core/model/resources.ts';
import type { Transaction } from '../../../core/store/transaction.ts';
import { needAll } from '../locate.ts';

/** Counter of the ports that are in a group. */
export const groupPortsCounter = (groupId: string): string => `group-ports/${groupId}`;
/** Counter of the other groups whose rules name a group. */
export const groupRefsCounter = (groupId: string): string => `group-refs/${groupId}`;

/**
 * Keeps count of which groups name which. Groups that are newly named must exist, and are read, so that none of them
 * can be deleted at the same time.
 */
export async function changeReferences(
  tx: Transaction,
  groupId: string,
  before: readonly SecurityGroupRule[],
  after: readonly SecurityGroupRule[],
): Promise<void> {
  const old = namedBy(groupId, before);
  const now = namedBy(groupId, after);
  const added = [...now].filter((id) => !old.has(id));
  await needAll<SecurityGroup>(tx, 'security-group', added);
  for (const id of added) tx.count(groupRefsCounter(id), 1);
  for (const id of old) if (!now.has(id)) tx.count(groupRefsCounter(id), -1);
}

export async function removeSecurityGroup(tx: Transaction, groupId: string): Promise<void> {
  const group = await tx.get<SecurityGroup>(keys.securityGroup(groupId));
  await changeReferences(tx, groupId, group?.value.rules ?? [], []);
  tx.remove(keys.securityGroup(groupId));
}

function namedBy(groupId: string, rules: readonly SecurityGroupRule[]): Set<string> {
  return new Set(rules.map((rule) => rule.remoteGroupId).filter((id) => id !== '' && id !== groupId));
}
