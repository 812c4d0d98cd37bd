import type { DispatchTurn, Scope } from '../core/store/port.ts';
import type { Multicast } from '../core/model/resources.ts';
import type { Recent } from './fan-out/choice.ts';
import type { FanOutLane } from './fan-out/lane.ts';
import type { MemberGroups } from './member-groups.ts';
import type { Members } from './members.ts';
import type { Marks } from './window.ts';

/** Who is sent a scope's changes, how, and when the last ones went out. */
export interface Audience {
  readonly members: Members;
  readonly marks: Marks;
  readonly groups: MemberGroups;
  /** Undefined = nobody reads along. */
  fanOut: FanOutLane | undefined;
  wish: Multicast | undefined;
  /** Changes that went to all. */
  readonly multicasts: Recent;
  /** The lane is about to be made, changed or taken away. */
  isChanging: boolean;
}

interface Cached {
  readonly token: number;
  readonly incarnation: number;
  readonly dispatched: number;
  readonly audience: Audience;
}

/**
 * Audiences between turns. What is kept is right only while nobody else takes a turn: then the next token is the one
 * after ours, and the scope stands where we left it.
 */
export class MemberCache {
  readonly #limit: number;
  readonly #scopes = new Map<Scope, Cached>();
  #size = 0;

  /** Of members, all scopes together. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes the audience out; it comes back by `keep` once the turn has advanced, so that a failed turn leaves none. */
  take(scope: Scope, turn: DispatchTurn): Audience | undefined {
    const cached = this.#remove(scope);
    const isCurrent =
      cached?.token === turn.token - 1 &&
      cached.incarnation === turn.incarnation &&
      cached.dispatched === turn.dispatched;
    return isCurrent ? cached.audience : undefined;
  }

  keep(scope: Scope, turn: DispatchTurn, dispatched: number, audience: Audience): void {
    this.#remove(scope);
    const { token, incarnation } = turn;
    this.#scopes.set(scope, { token, incarnation, dispatched, audience });
    this.#size += audience.members.size;
    for (const oldest of this.#scopes.keys()) {
      if (this.#size <= this.#limit) break;
      this.#remove(oldest);
    }
  }

  #remove(scope: Scope): Cached | undefined {
    const cached = this.#scopes.get(scope);
    if (cached !== undefined) {
      this.#scopes.delete(scope);
      this.#size -= cached.audience.members.size;
    }
    return cached;
  }
}
