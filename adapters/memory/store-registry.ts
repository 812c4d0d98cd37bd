import type { Registry, Scope } from '../../core/store/port.ts';
import type { MemoryLeases } from './store-leases.ts';
import { SortedTexts } from './store-order.ts';

export function memoryRegistry(now: () => number): Omit<Registry, keyof MemoryLeases> {
  const claims = new Map<string, { owner: string; atMs: number }>();
  const catalogs = new Map<string, SortedTexts>();
  /** In order of time, because an announcement goes to the end. */
  const announcements = new Map<Scope, number>();
  const counters = new Map<string, number>();

  return {
    claim(kind, id, owner, replacing) {
      const nowMs = now();
      const held = claims.get(`${kind}/${id}`);
      if (held !== undefined && held.owner !== owner) {
        const ageMs = nowMs - held.atMs;
        const isAsSeen = replacing?.owner === held.owner && ageMs >= replacing.ageMs;
        if (!isAsSeen) return Promise.resolve({ owner: held.owner, ageMs });
      }
      claims.set(`${kind}/${id}`, { owner, atMs: nowMs });
      return Promise.resolve({ owner, ageMs: 0 });
    },

    release(kind, id, owner) {
      if (claims.get(`${kind}/${id}`)?.owner === owner) claims.delete(`${kind}/${id}`);
      return Promise.resolve();
    },

    owners: (kind, ids) => Promise.resolve(ids.map((id) => claims.get(`${kind}/${id}`)?.owner)),

    enlist(catalog, id) {
      const ids = catalogs.get(catalog) ?? new SortedTexts();
      ids.add(id);
      catalogs.set(catalog, ids);
      return Promise.resolve();
    },

    delist(catalog, id) {
      catalogs.get(catalog)?.delete(id);
      return Promise.resolve();
    },

    catalog: (catalog, after, limit) =>
      Promise.resolve(catalogs.get(catalog)?.page(after, Math.max(1, limit)) ?? []),

    announce(scope) {
      announcements.delete(scope);
      announcements.set(scope, now());
      return Promise.resolve();
    },

    announced(olderThanMs, limit) {
      const found: { scope: Scope; ageMs: number }[] = [];
      const nowMs = now();
      for (const [scope, atMs] of announcements) {
        if (found.length >= Math.max(1, limit) || nowMs - atMs < olderThanMs) break;
        found.push({ scope, ageMs: nowMs - atMs });
      }
      return Promise.resolve(found);
    },

    settle(scope, olderThanMs) {
      const atMs = announcements.get(scope);
      if (atMs !== undefined && now() - atMs >= olderThanMs) announcements.delete(scope);
      return Promise.resolve();
    },

    next(counter) {
      const value = (counters.get(counter) ?? 0) + 1;
      counters.set(counter, value);
      return Promise.resolve(value);
    },
  };
}
