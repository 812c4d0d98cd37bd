import type { Registry, Scope } from '../../core/store/port.ts';
import type { RedisConnection } from './connection.ts';
import type { Layout } from './layout.ts';
import type { Leases } from './leases.ts';
import { heads, integer, list, optionalText, pairs, text } from './reply.ts';

export type Names = Omit<Registry, keyof Leases>;

export function registry(connection: RedisConnection, layout: Layout): Names {
  return {
    async claim(kind, id, owner, replacing) {
      const contents = replacing === undefined ? [owner] : [owner, replacing.owner, replacing.ageMs];
      const [holder, age] = list(await connection.run('vpcastClaim', [layout.claim(kind, id)], contents));
      return { owner: text(holder), ageMs: integer(age) };
    },

    async release(kind, id, owner) {
      await connection.run('vpcastRelease', [layout.claim(kind, id)], [owner]);
    },

    // One GET each, sent together: the keys lie in many slots.
    owners: (kind, ids) =>
      Promise.all(
        ids.map(async (id) => {
          const held = optionalText(await connection.command('GET', [layout.claim(kind, id)]));
          return held === undefined ? undefined : heads(held, 1)[1];
        }),
      ),

    async enlist(catalog, id) {
      await connection.command('ZADD', [layout.catalog(catalog), 0, id]);
    },

    async delist(catalog, id) {
      await connection.command('ZREM', [layout.catalog(catalog), id]);
    },

    async catalog(catalog, after, limit) {
      const range = [`(${after}`, '+', 'LIMIT', 0, Math.max(1, limit)];
      return list(await connection.command('ZRANGEBYLEX', [layout.catalog(catalog), ...range])).map(text);
    },

    async announce(scope) {
      await connection.run('vpcastAnnounce', [layout.announcementsOf(scope)], [scope]);
    },

    async announced(olderThanMs, limit) {
      const wanted = Math.max(1, limit);
      const shards = Array.from({ length: layout.announcementShards }, (_, shard) =>
        layout.announcements(shard),
      );
      const found = await Promise.all(
        shards.map(async (key) =>
          ages(await connection.run('vpcastAnnounced', [key], [olderThanMs, wanted])),
        ),
      );
      // Ages, not times, are comparable: the shards may lie on servers whose clocks differ.
      return found
        .flat()
        .sort((one, other) => other.ageMs - one.ageMs)
        .slice(0, wanted);
    },

    async settle(scope, olderThanMs) {
      await connection.run('vpcastSettle', [layout.announcementsOf(scope)], [scope, olderThanMs]);
    },

    next: async (counter) => integer(await connection.command('INCR', [layout.counter(counter)])),
  };
}

function ages(reply: unknown): { scope: Scope; ageMs: number }[] {
  const [now, found] = list(reply);
  return pairs(found).map(([scope, at]) => ({
    scope: text(scope) as Scope,
    ageMs: integer(now) - integer(at),
  }));
}
