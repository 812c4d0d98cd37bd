import { decodeRecord } from '../core/codec/records.ts';
import { keys, splitKey } from '../core/model/keys.ts';
import type { HostUse } from '../core/model/keys.ts';
import type { Scope, ScopeStore, StoredRecord } from '../core/store/port.ts';

const PAGE = 2_000;

/** Host -> the groups that its ports are in. */
export type GroupsByHost = ReadonlyMap<string, readonly string[]>;

/**
 * The groups that the hosts of a VPC have ports in, between turns. They change with a port that is in the log; a port
 * that changed again since is further on in the log, and what it makes concern a host goes with it.
 */
export class MemberGroups {
  #known: GroupsByHost | undefined;

  follow(changes: readonly StoredRecord[]): void {
    if (changes.some(({ key }) => ['port', 'member', 'slot'].includes(splitKey(key).kind)))
      this.#known = undefined;
  }

  async of(store: ScopeStore, scope: Scope, hosts: readonly string[]): Promise<GroupsByHost> {
    return (this.#known ??= await readGroups(store, scope, hosts));
  }
}

export async function readGroups(
  store: ScopeStore,
  scope: Scope,
  hosts: readonly string[],
): Promise<GroupsByHost> {
  const found = new Map<string, readonly string[]>();
  /** Many hosts are in few groups. */
  const ids = new Map<string, string>();
  for (let at = 0; at < hosts.length; at += PAGE) {
    const page = hosts.slice(at, at + PAGE);
    const uses = await store.read(scope, page.map(keys.use));
    uses.forEach((record, i) => {
      const groups = Object.keys(decodeRecord<HostUse>(record)?.value.groups ?? {});
      for (const id of groups) if (!ids.has(id)) ids.set(id, id);
      found.set(
        page[i] ?? '',
        groups.map((id) => ids.get(id) ?? id),
      );
    });
  }
  return found;
}
