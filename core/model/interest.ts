/**
 * Which security groups concern a host: those that its ports are in, and those that the rules of these name. Whatever
 * else there is in a VPC concerns all of its hosts.
 */
import type { RecordKey } from '../store/port.ts';
import { keys } from './keys.ts';
import type { SecurityGroupRule } from './resources.ts';

const GROUP = keys.securityGroup('');
const none: readonly string[] = [];

export function isGroup(key: RecordKey): boolean {
  return key.startsWith(GROUP);
}

export function groupIdOf(key: RecordKey): string {
  return key.slice(GROUP.length);
}

/** Groups that a port is in, by its JSON text. */
export function groupsOfPort(body: string): readonly string[] {
  // Looked for first: many have none, and to parse them all takes long.
  if (!body.includes('"securityGroupIds":["')) return none;
  return listIn(body, 'securityGroupIds').filter((id) => typeof id === 'string');
}

/** Groups that the rules of a group name, by its JSON text. */
export function groupsNamedIn(body: string): readonly string[] {
  if (!body.includes('"remoteGroupId":"')) return none;
  const rules = listIn(body, 'rules') as readonly (Partial<SecurityGroupRule> | null)[];
  const named = rules.map((rule) => rule?.remoteGroupId);
  return [...new Set(named.filter((id): id is string => typeof id === 'string' && id !== ''))];
}

/** Of a text that nobody has looked into yet; empty where there is no such list. */
function listIn(body: string, name: string): readonly unknown[] {
  try {
    const list = (JSON.parse(body) as Record<string, unknown> | null)?.[name];
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

/** Group -> the hosts that it concerns. */
export type Concerned = Map<string, Set<string>>;

export function concern(concerned: Concerned, groupId: string, host: string): void {
  const hosts = concerned.get(groupId);
  if (hosts === undefined) concerned.set(groupId, new Set([host]));
  else hosts.add(host);
}

/** By the groups that ports of the hosts are in, and those that the rules of a group name. */
export function concernedBy(
  members: ReadonlyMap<string, Iterable<string>>,
  namedBy: (groupId: string) => readonly string[],
): Concerned {
  const concerned: Concerned = new Map();
  for (const [host, groupIds] of members) {
    for (const groupId of groupIds) {
      concern(concerned, groupId, host);
      for (const other of namedBy(groupId)) concern(concerned, other, host);
    }
  }
  return concerned;
}
