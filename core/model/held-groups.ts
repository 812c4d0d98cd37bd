import { groupIdOf, groupsNamedIn, groupsOfPort, isGroup } from './interest.ts';
import { isLocalPort } from './view.ts';
import type { Entry } from './view.ts';

/**
 * Of what a host holds, what tells which security groups concern it. Kept up to date entry by entry, since a host may hold very
 * many neighbours and few ports.
 */
export class HeldGroups {
  /** Group -> how many of the host's ports are in it. */
  readonly #ports: Map<string, number>;
  /** The groups that are held, with those that their rules name. */
  readonly #named: Map<string, readonly string[]>;

  constructor(
    ports: ReadonlyMap<string, number> = new Map(),
    named: ReadonlyMap<string, readonly string[]> = new Map(),
  ) {
    this.#ports = new Map(ports);
    this.#named = new Map(named);
  }

  copy(): HeldGroups {
    return new HeldGroups(this.#ports, this.#named);
  }

  /** An entry takes the place of another, or goes. */
  replace(before: Entry | undefined, after: Entry): void {
    if (isGroup(after.key)) {
      if (after.body === undefined) this.#named.delete(groupIdOf(after.key));
      else this.#named.set(groupIdOf(after.key), groupsNamedIn(after.body));
      return;
    }
    if (before !== undefined) this.#count(before, -1);
    this.#count(after, 1);
  }

  /** Those that are held although they do not concern the host, or not any more. */
  surplus(): string[] {
    const wanted = new Set<string>();
    for (const id of this.#ports.keys()) {
      wanted.add(id);
      for (const other of this.#named.get(id) ?? []) wanted.add(other);
    }
    return [...this.#named.keys()].filter((id) => !wanted.has(id));
  }

  #count(entry: Entry, delta: number): void {
    if (entry.body === undefined || !isLocalPort(entry)) return;
    for (const id of groupsOfPort(entry.body)) {
      const ports = (this.#ports.get(id) ?? 0) + delta;
      if (ports === 0) this.#ports.delete(id);
      else this.#ports.set(id, ports);
    }
  }
}

/** Whether it may change which groups concern a host. */
export function bearsOnGroups(entry: Entry): boolean {
  return isGroup(entry.key) || isLocalPort(entry);
}
