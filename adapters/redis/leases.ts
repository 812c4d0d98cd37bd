import type { Registry } from '../../core/store/port.ts';
import type { RedisConnection } from './connection.ts';
import type { Layout } from './layout.ts';
import { integer, list, optionalText, pairs, text } from './reply.ts';

export type Leases = Pick<
  Registry,
  'leaseClock' | 'advanceLeaseClock' | 'hear' | 'heard' | 'unheard' | 'heardCount'
>;

export function leases(connection: RedisConnection, layout: Layout): Leases {
  /** One command to each shard, sent together: the keys lie in many slots. */
  const onAllShards = (ask: (key: string) => Promise<unknown>): Promise<unknown[]> =>
    Promise.all(Array.from({ length: layout.heardShards }, (_, shard) => ask(layout.heard(shard))));

  const byShard = (hosts: readonly string[]): [key: string, hosts: string[]][] => {
    const found = new Map<number, string[]>();
    for (const host of hosts) {
      const shard = layout.heardShardOf(host);
      const already = found.get(shard);
      if (already === undefined) found.set(shard, [host]);
      else already.push(host);
    }
    return [...found].map(([shard, ofShard]) => [layout.heard(shard), ofShard]);
  };

  return {
    leaseClock: async () => integer(await connection.command('GET', [layout.leaseClock])),

    advanceLeaseClock: async (seenMs, byMs) =>
      integer(await connection.run('vpcastAdvanceClock', [layout.leaseClock], [seenMs, byMs])),

    async hear(hosts, atMs) {
      await Promise.all(
        byShard(hosts).map(([key, ofShard]) =>
          connection.command('ZADD', [key, 'GT', ...ofShard.flatMap((host) => [atMs, host])]),
        ),
      );
    },

    async heard(hosts) {
      const times = new Map<string, number>();
      const look = async ([key, ofShard]: [string, string[]]): Promise<void> => {
        const found = list(await connection.command('ZMSCORE', [key, ...ofShard]));
        ofShard.forEach((host, index) => {
          const at = optionalText(found[index]);
          if (at !== undefined) times.set(host, integer(at));
        });
      };
      await Promise.all(byShard(hosts).map(look));
      return hosts.map((host) => times.get(host));
    },

    async unheard(beforeMs, limit) {
      const wanted = Math.max(1, limit);
      const found = await onAllShards((key) => connection.run('vpcastUnheard', [key], [beforeMs, wanted]));
      return found
        .flatMap(pairs)
        .map(([host, at]) => ({ host: text(host), atMs: integer(at) }))
        .sort((one, other) => one.atMs - other.atMs)
        .slice(0, wanted);
    },

    async heardCount(sinceMs = 0) {
      const counts = await onAllShards((key) => connection.command('ZCOUNT', [key, sinceMs, '+inf']));
      return counts.reduce<number>((sum, count) => sum + integer(count), 0);
    },
  };
}
