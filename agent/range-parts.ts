import type { FanOutHeader } from '../core/codec/fan-out.ts';
import type { Entry } from '../core/model/view.ts';
import type { Scope } from '../core/store/port.ts';

interface Open {
  readonly header: FanOutHeader;
  readonly entries: Entry[];
  next: number;
}

/**
 * Puts together ranges that are read in parts. Unlike a host's own copies they are applied whole: a reader may come to
 * stand in the middle of one, and parts of a copy that the same turn sent would seem to fill the hole.
 */
export class RangeParts {
  readonly #open = new Map<Scope, Open>();

  /** The entries of all parts, with the last one. Nothing comes of a range whose first part was missed. */
  add(header: FanOutHeader, entries: readonly Entry[]): Entry[] | undefined {
    const { scope, part, parts } = header;
    const before = this.#open.get(scope);
    const begins = part === 0 && (before === undefined || compare(header, before.header) >= 0);
    const open = begins ? { header, entries: [], next: 0 } : before;
    if (part !== open?.next || !isSame(header, open.header)) return undefined;
    this.#open.set(scope, open);
    open.entries.push(...entries);
    open.next++;
    if (open.next < parts) return undefined;
    this.#open.delete(scope);
    return open.entries;
  }

  forget(scope: Scope): void {
    this.#open.delete(scope);
  }
}

function isSame(one: FanOutHeader, other: FanOutHeader): boolean {
  return compare(one, other) === 0 && one.to === other.to;
}

/** By the turns that sent them. */
function compare(one: FanOutHeader, other: FanOutHeader): number {
  return one.incarnation - other.incarnation || one.turn - other.turn;
}
