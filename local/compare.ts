import { keys, scopes } from '../core/model/keys.ts';
import { viewCompiler } from '../core/model/view.ts';
import type { Entry } from '../core/model/view.ts';
import { readSnapshot } from '../core/store/snapshot.ts';
import type { RecordKey, Store } from '../core/store/port.ts';

/** What can be asked of a host: what it holds of each VPC. */
export interface HeldState {
  vpcs(): readonly string[];
  view(vpcId: string): ReadonlyMap<RecordKey, Entry> | undefined;
}

/**
 * Compares what every host holds with what it should hold according to the store, exactly: the same VPCs, keys,
 * revisions and bodies. One line for each difference (at most `limit`), naming host, VPC and key; none = all is well.
 */
export async function differences(
  store: Store,
  hosts: ReadonlyMap<string, HeldState>,
  limit = 20,
): Promise<string[]> {
  const found: string[] = [];
  const expectedVpcs = new Map<string, Set<string>>([...hosts.keys()].map((host) => [host, new Set()]));
  for (const vpcId of await catalog(store, 'vpc')) {
    const { records } = await readSnapshot(store, scopes.vpc(vpcId));
    const compile = viewCompiler(records.values());
    for (const [hostId, held] of hosts) {
      if (!records.has(keys.member(hostId))) continue;
      expectedVpcs.get(hostId)?.add(vpcId);
      const view = held.view(vpcId);
      if (view === undefined) found.push(`${hostId} does not hold vpc ${vpcId}`);
      else found.push(...compareViews(`${hostId} vpc ${vpcId}`, compile(hostId), view));
    }
  }
  for (const [hostId, held] of hosts) {
    const surplus = held.vpcs().filter((vpcId) => expectedVpcs.get(hostId)?.has(vpcId) !== true);
    found.push(...surplus.map((vpcId) => `${hostId} still holds vpc ${vpcId}`));
  }
  return found.length > limit ? [...found.slice(0, limit), `and ${found.length - limit} more`] : found;
}

export function compareViews(
  where: string,
  expected: ReadonlyMap<RecordKey, Entry>,
  actual: ReadonlyMap<RecordKey, Entry>,
): string[] {
  const found: string[] = [];
  for (const [key, entry] of expected) {
    const held = actual.get(key);
    if (held === undefined) found.push(`${where}: lacks ${key}`);
    else if (held.revision !== entry.revision)
      found.push(`${where}: ${key} at revision ${held.revision}, not ${entry.revision}`);
    else if (held.body !== entry.body) found.push(`${where}: ${key} has another body`);
  }
  for (const key of actual.keys()) if (!expected.has(key)) found.push(`${where}: surplus ${key}`);
  return found;
}

export async function catalog(store: Store, name: string): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const page = await store.catalog(name, ids.at(-1) ?? '', 1_000);
    if (page.length === 0) return ids;
    ids.push(...page);
  }
}
