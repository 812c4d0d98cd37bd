import type { RedisSession } from './redis-session.ts';

/** What is in Redis: one entry for each string, each field of a hash and each member of a sorted set. */
export type RedisDump = ReadonlyMap<string, string>;

/** Everything under keys with a prefix, by `<key without the prefix>` and, where it has them, ` <field or member>`. */
export async function dumpRedis(session: RedisSession, prefix: string): Promise<RedisDump> {
  const keys = await keysOf(session, prefix);
  const contents = await Promise.all(keys.map((key) => contentsOf(session, key)));
  const dump = new Map<string, string>();
  keys.forEach((key, i) => {
    const name = key.slice(prefix.length);
    for (const [field, value] of contents[i] ?? []) dump.set(field === '' ? name : `${name} ${field}`, value);
  });
  return dump;
}

export async function removeKeys(session: RedisSession, prefix: string): Promise<void> {
  for (const key of await keysOf(session, prefix)) await session.send('DEL', key);
}

/** One line for each entry that is new, gone or different. */
export function changesBetween(before: RedisDump, after: RedisDump): string[] {
  const changes: string[] = [];
  for (const [name, value] of after) {
    const old = before.get(name);
    if (old === undefined) changes.push(`+ ${name}`);
    else if (old !== value) changes.push(`~ ${name}: ${old} -> ${value}`);
  }
  for (const name of before.keys()) if (!after.has(name)) changes.push(`- ${name}`);
  return changes;
}

async function keysOf(session: RedisSession, prefix: string): Promise<string[]> {
  const found = new Set<string>();
  const pattern = `${prefix.replace(/[[\]*?\\]/g, '\\$&')}*`;
  for (let cursor = '0'; ;) {
    const [next, keys] = texts(await session.send('SCAN', cursor, 'MATCH', pattern, 'COUNT', 1_000));
    for (const key of texts(keys)) found.add(String(key));
    cursor = String(next);
    if (cursor === '0') return [...found];
  }
}

async function contentsOf(session: RedisSession, key: string): Promise<[field: string, value: string][]> {
  const type = await session.send('TYPE', key);
  switch (type) {
    case 'none':
      return [];
    case 'string':
      return [['', String(await session.send('GET', key))]];
    case 'hash':
      return pairs(await session.send('HGETALL', key));
    case 'zset':
      return pairs(await session.send('ZRANGE', key, 0, -1, 'WITHSCORES'));
    default:
      throw new Error(`${key} is a ${String(type)}, which the store does not use`);
  }
}

function pairs(reply: unknown): [string, string][] {
  const flat = texts(reply).map(String);
  return Array.from({ length: flat.length / 2 }, (_, n) => [flat[2 * n] ?? '', flat[2 * n + 1] ?? '']);
}

function texts(reply: unknown): unknown[] {
  if (!Array.isArray(reply)) throw new Error('expected an array');
  return reply;
}
