import type { Registry } from '../../core/store/port.ts';
import { compareText } from './store-order.ts';

export type MemoryLeases = Pick<
  Registry,
  'leaseClock' | 'advanceLeaseClock' | 'hear' | 'heard' | 'unheard' | 'heardCount'
>;

export function memoryLeases(): MemoryLeases {
  let clockMs = 0;
  const times = new Map<string, number>();

  return {
    leaseClock: () => Promise.resolve(clockMs),

    advanceLeaseClock(seenMs, byMs) {
      if (seenMs === clockMs) clockMs += byMs;
      return Promise.resolve(clockMs);
    },

    hear(hosts, atMs) {
      for (const host of hosts) times.set(host, Math.max(atMs, times.get(host) ?? atMs));
      return Promise.resolve();
    },

    heard: (hosts) => Promise.resolve(hosts.map((host) => times.get(host))),

    unheard(beforeMs, limit) {
      const found = [...times]
        .filter(([, atMs]) => atMs < beforeMs)
        .map(([host, atMs]) => ({ host, atMs }))
        .sort((one, other) => one.atMs - other.atMs || compareText(one.host, other.host));
      return Promise.resolve(found.slice(0, Math.max(1, limit)));
    },

    heardCount: (sinceMs = 0) =>
      Promise.resolve([...times.values()].filter((atMs) => atMs >= sinceMs).length),
  };
}
