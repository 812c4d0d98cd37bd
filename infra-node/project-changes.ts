import { concern, concernedBy, groupIdOf, groupsNamedIn, isGroup } from '../core/model/interest.ts';
import { keys } from '../core/model/keys.ts';
import { membersOf, project, projectGroup } from '../core/model/view.ts';
import type { Projection } from '../core/model/view.ts';
import type { Scope, ScopeStore, StoredRecord } from '../core/store/port.ts';
import { readGroups } from './member-groups.ts';
import type { GroupsByHost } from './member-groups.ts';

const PAGE = 2_000;

/**
 * What a part of the log is to the hosts that are sent it. With the ports of a host go the security groups that concern
 * it by them, changed or not, and with a group those that its rules name: the host may lack them. Nothing has to be known
 * of before: what it holds already it leaves, and what concerns it no longer it drops by itself.
 *
 * The log must have been read before: then groups and their members are as they are at the end of the part or later, and
 * whatever makes a group concern a host after that is in a later part.
 */
export async function projectChanges(
  store: ScopeStore,
  scope: Scope,
  records: readonly StoredRecord[],
  receivers: readonly string[],
  groupsByHost: () => Promise<GroupsByHost> = () => readGroups(store, scope, receivers),
): Promise<readonly Projection[]> {
  const others = records.filter(({ key }) => !isGroup(key)).map(project);
  const members = membersOf(others);
  const changed = new Set(
    records.filter(({ key, body }) => isGroup(key) && body !== undefined).map(({ key }) => groupIdOf(key)),
  );
  if (members.size + changed.size === 0) return others;
  const groups = new Groups(store, scope);
  if (changed.size > 0) {
    await groups.readAll();
  } else {
    const ids = [...members.values()].flatMap((each) => [...each]);
    await groups.read(ids);
    await groups.read(ids.flatMap((id) => groups.namedBy(id)));
  }
  const concerned = concernedBy(members, (id) => groups.namedBy(id));
  if (changed.size > 0) {
    for (const [host, ids] of await groupsByHost()) {
      for (const id of ids) {
        if (changed.has(id)) concern(concerned, id, host);
        for (const other of groups.namedBy(id)) {
          if (changed.has(id) || changed.has(other)) concern(concerned, other, host);
        }
      }
    }
  }
  const sent = [...concerned].flatMap(([id, hosts]) => {
    const record = groups.get(id);
    return record === undefined ? [] : projectGroup(record, hosts, receivers);
  });
  return [...sent, ...others];
}

/** The groups of a VPC, as far as they were read. */
class Groups {
  readonly #store: ScopeStore;
  readonly #scope: Scope;
  readonly #records = new Map<string, StoredRecord>();
  readonly #named = new Map<string, readonly string[]>();

  constructor(store: ScopeStore, scope: Scope) {
    this.#store = store;
    this.#scope = scope;
  }

  get(id: string): StoredRecord | undefined {
    return this.#records.get(id);
  }

  namedBy(id: string): readonly string[] {
    return this.#named.get(id) ?? [];
  }

  async read(ids: readonly string[]): Promise<void> {
    const unread = [...new Set(ids)].filter((id) => !this.#records.has(id));
    if (unread.length > 0) this.#keep(await this.#store.read(this.#scope, unread.map(keys.securityGroup)));
  }

  async readAll(): Promise<void> {
    for (let after = ''; ;) {
      const page = await this.#store.list(this.#scope, 'security-group', after, PAGE);
      this.#keep(page);
      const last = page.at(-1);
      if (page.length < PAGE || last === undefined) return;
      after = groupIdOf(last.key);
    }
  }

  #keep(records: readonly StoredRecord[]): void {
    for (const record of records) {
      if (record.body === undefined) continue;
      this.#records.set(groupIdOf(record.key), record);
      this.#named.set(groupIdOf(record.key), groupsNamedIn(record.body));
    }
  }
}
