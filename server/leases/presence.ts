import type { ServerDeps } from '../deps.ts';
import { leaseOptions } from './options.ts';

/** What is known of a host being there. */
export interface Presence {
  /** By the lease clock; undefined = it was never heard of. */
  readonly silentMs: number | undefined;
  /** Its lease has ended: nothing is sent to it. One that was never heard of has no lease to end. */
  readonly isOffline: boolean;
}

type PresenceDeps = Pick<ServerDeps, 'store' | 'leases'>;

/** In the order of the hosts. */
export async function presences(
  { store, leases }: PresenceDeps,
  hosts: readonly string[],
): Promise<Presence[]> {
  if (hosts.length === 0) return [];
  const { leaseMs } = leaseOptions(leases);
  const [nowMs, heard] = await Promise.all([store.leaseClock(), store.heard(hosts)]);
  return heard.map((atMs) => {
    if (atMs === undefined) return unheardOf;
    // The clock may have been read before a host was heard of.
    const silentMs = Math.max(0, nowMs - atMs);
    return { silentMs, isOffline: silentMs > leaseMs };
  });
}

export const unheardOf: Presence = { silentMs: undefined, isOffline: false };

export async function presenceOf(deps: PresenceDeps, host: string): Promise<Presence> {
  const [presence = unheardOf] = await presences(deps, [host]);
  return presence;
}

/** Those of the hosts that are offline. */
export async function offlineAmong(deps: PresenceDeps, hosts: readonly string[]): Promise<Set<string>> {
  const found = await presences(deps, hosts);
  return new Set(hosts.filter((_host, i) => found[i]?.isOffline === true));
}

const LIMIT = 10_000;

/** Hosts of the region that are offline, those that are silent for longest; at most 10,000. */
export async function offlineHosts({ store, leases }: PresenceDeps): Promise<string[]> {
  const { leaseMs } = leaseOptions(leases);
  const unheard = await store.unheard((await store.leaseClock()) - leaseMs, LIMIT);
  return unheard.map(({ host }) => host);
}
