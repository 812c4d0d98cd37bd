import type { RecordKey, Scope } from '../../core/store/port.ts';

/** What an agent's process wrote down of one host and scope. */
export interface Observation {
  /** `started`: what the host still had; `durable`: what it then had, and so may have reported. */
  readonly kind: 'started' | 'durable';
  readonly host: string;
  readonly scope: Scope;
  readonly incarnation: number;
  readonly revision: number;
  /** What became durable with it: keys with the revisions of their versions. Removals are not among them. */
  readonly set: readonly (readonly [RecordKey, number])[];
}

/** A version that a host took, or held, though it was, or had been, at a revision above it. */
export interface Return {
  readonly host: string;
  readonly scope: Scope;
  readonly key: RecordKey;
  /** The highest revision that the host had been at. */
  readonly after: number;
}

export interface Rollback {
  readonly host: string;
  readonly scope: Scope;
  readonly durable: number;
  readonly started: number;
}

interface Height {
  readonly incarnation: number;
  revision: number;
}

/** Follows what hosts say of themselves over all starts of their agents. */
export class Observed {
  readonly rollbacks: Rollback[] = [];
  readonly #heights = new Map<string, Height>();
  readonly #returns = new Map<string, Return>();

  /** In the order in which one agent after the other wrote them. */
  add({ kind, host, scope, incarnation, revision, set }: Observation): void {
    const name = `${host} ${scope}`;
    const height = this.#heights.get(name);
    if (height === undefined || height.incarnation < incarnation) {
      this.#heights.set(name, { incarnation, revision });
      return;
    }
    if (height.incarnation > incarnation) return;
    if (kind === 'started' && revision < height.revision) {
      this.rollbacks.push({ host, scope, durable: height.revision, started: revision });
    }
    for (const [key, version] of set) {
      if (version > height.revision) continue;
      this.#returns.set(`${name} ${key}`, { host, scope, key, after: height.revision });
    }
    height.revision = Math.max(height.revision, revision);
  }

  /**
   * Old versions that came (again). A host that rejoins a VPC gets all of it, so this is wrong only for what had been
   * deleted before; see {@link cameBack}.
   */
  returns(): Return[] {
    return [...this.#returns.values()];
  }
}

/**
 * Those whose key was deleted at a revision that the host had been at. `deletedAt` is undefined for what exists, or
 * whose VPC is gone.
 */
export function cameBack(
  returns: readonly Return[],
  deletedAt: (scope: Scope, key: RecordKey) => number | undefined,
): Return[] {
  return returns.filter(({ scope, key, after }) => {
    const at = deletedAt(scope, key);
    return at !== undefined && at <= after;
  });
}
