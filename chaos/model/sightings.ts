import { scopes } from '../../core/model/keys.ts';
import type { RecordKey } from '../../core/store/port.ts';
import type { Cell } from './ledger.ts';
import type { Return } from './observations.ts';

/** What a host holds of a VPC at a revision, the keys only. */
export interface Holding {
  readonly host: string;
  readonly vpcId: string;
  readonly revision: number;
  readonly keys: Iterable<RecordKey>;
}

/** Looks at what hosts hold during the run: what is deleted must not be there at a revision from its deletion on. */
export class Sightings {
  readonly #isGone: (cell: Cell) => boolean;
  readonly #found = new Map<string, Return>();

  constructor(isGone: (cell: Cell) => boolean) {
    this.#isGone = isGone;
  }

  look({ host, vpcId, revision, keys }: Holding): void {
    for (const key of keys) {
      if (!this.#isGone(`${vpcId} ${key}`)) continue;
      // At the highest revision that it was seen at; only the store knows at which one it was deleted.
      const name = `${host} ${vpcId} ${key}`;
      const after = Math.max(revision, this.#found.get(name)?.after ?? 0);
      this.#found.set(name, { host, scope: scopes.vpc(vpcId), key, after });
    }
  }

  /** To be judged by `cameBack`. */
  returns(): Return[] {
    return [...this.#found.values()];
  }
}
