/** A place whose value is known from outside: `<vpc> <kind>/<id>`. */
export type Cell = string;
/** Undefined = nothing is there. */
export type Value = string | undefined;
export type Changes = ReadonlyMap<Cell, Value>;

/** A write under way. One that is never said to have ended may or may not have happened. */
export interface Attempt {
  acknowledged(): void;
  /** It did not happen and never will. */
  refused(): void;
}

/** A cell that does not hold what it must. */
export interface Loss {
  readonly cell: Cell;
  readonly stored: Value;
  /** The acknowledged value, and those of later attempts with an unknown outcome. */
  readonly allowed: readonly Value[];
}

interface Known {
  acknowledged: Value;
  /** Attempted since. */
  readonly possible: Value[];
}

/** What was written and acknowledged. A cell has one write under way at a time. */
export class Ledger {
  readonly #cells = new Map<Cell, Known>();

  begin(changes: Changes): Attempt {
    for (const [cell, value] of changes) this.#known(cell).possible.push(value);
    return {
      acknowledged: () => {
        for (const [cell, value] of changes) this.#cells.set(cell, { acknowledged: value, possible: [] });
      },
      refused: () => {
        for (const [cell, value] of changes) {
          const { possible } = this.#known(cell);
          possible.splice(possible.indexOf(value), 1);
        }
      },
    };
  }

  /** Its deletion was acknowledged. */
  isGone(cell: Cell): boolean {
    const known = this.#cells.get(cell);
    return known !== undefined && known.acknowledged === undefined && known.possible.length === 0;
  }

  losses(stored: ReadonlyMap<Cell, string>): Loss[] {
    const cells = new Set([...this.#cells.keys(), ...stored.keys()]);
    return [...cells].flatMap((cell) => {
      const { acknowledged, possible } = this.#known(cell);
      const allowed = [acknowledged, ...possible];
      const value = stored.get(cell);
      return allowed.includes(value) ? [] : [{ cell, stored: value, allowed }];
    });
  }

  #known(cell: Cell): Known {
    let known = this.#cells.get(cell);
    if (known === undefined) {
      known = { acknowledged: undefined, possible: [] };
      this.#cells.set(cell, known);
    }
    return known;
  }
}

/** True for something that is there although its deletion was acknowledged. */
export function isBack({ stored, allowed }: Loss): boolean {
  return stored !== undefined && allowed.every((value) => value === undefined);
}
