import { decodeRecord } from '../core/codec/records.ts';
import { splitKey } from '../core/model/keys.ts';
import type { Member, SlotHolder } from '../core/model/resources.ts';
import type { DispatchTurn, Scope, ScopeStore, StoredRecord } from '../core/store/port.ts';

export interface MemberState {
  readonly member: Member;
  /** What the host was sent everything through; the next copy's range begins here. */
  sent: number;
}

/** The hosts that take part in a VPC, by id. */
export type Members = Map<string, MemberState>;

const PAGE = 2_000;

/**
 * The members at the revision `at`, less those who have left since; they get their fence when the dispatch comes to it.
 * Whoever joined after `at` is found in the log.
 */
export async function loadMembers(store: ScopeStore, scope: Scope, at: number): Promise<Members> {
  const members: Members = new Map();
  let after = '';
  for (;;) {
    const page = await store.list(scope, 'member', after, PAGE);
    const found = page.flatMap((record) => {
      const decoded = record.revision > at ? undefined : decodeRecord<Member>(record);
      return decoded === undefined ? [] : [decoded.value];
    });
    const sent = await store.sent(
      scope,
      found.map((member) => member.hostId),
    );
    found.forEach((member, i) => members.set(member.hostId, { member, sent: sent[i] ?? 0 }));
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return members;
    after = splitKey(last.key).id;
  }
}

export interface MemberChanges {
  readonly joined: readonly MemberState[];
  /** Hosts that are no members any more. */
  readonly left: readonly string[];
  /** Holders whose fence is due. */
  readonly draining: readonly SlotHolder[];
}

/** Brings the members up to date with a page of the log. */
export function followLog(members: Members, changes: readonly StoredRecord[]): MemberChanges {
  const joined: MemberState[] = [];
  const left: string[] = [];
  const draining: SlotHolder[] = [];
  for (const record of changes) {
    const { kind, id } = splitKey(record.key);
    if (kind === 'slot') {
      const holder = decodeRecord<SlotHolder>(record)?.value;
      if (holder?.state !== 'draining') continue;
      draining.push(holder);
      // A host that has come back since has its member record later in the log; what it was until then ends here.
      if (members.get(holder.hostId)?.member.epoch === holder.epoch) members.delete(holder.hostId);
    } else if (kind === 'member') {
      const member = decodeRecord<Member>(record)?.value;
      if (member === undefined) {
        members.delete(id);
        left.push(id);
      } else {
        const state: MemberState = { member, sent: 0 };
        members.set(id, state);
        joined.push(state);
      }
    }
  }
  return { joined, left, draining };
}

interface Cached {
  readonly token: number;
  readonly incarnation: number;
  readonly dispatched: number;
  readonly members: Members;
}

/**
 * Members between turns. What is kept is right only while nobody else takes a turn: then the next token is the one
 * after ours, and the scope stands where we left it.
 */
export class MemberCache {
  readonly #limit: number;
  readonly #scopes = new Map<Scope, Cached>();
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes the members out; they come back by `keep` once the turn has advanced, so that a failed turn leaves none. */
  take(scope: Scope, turn: DispatchTurn): Members | undefined {
    const cached = this.#remove(scope);
    const isCurrent =
      cached?.token === turn.token - 1 &&
      cached.incarnation === turn.incarnation &&
      cached.dispatched === turn.dispatched;
    return isCurrent ? cached.members : undefined;
  }

  keep(scope: Scope, turn: DispatchTurn, dispatched: number, members: Members): void {
    this.#remove(scope);
    const { token, incarnation } = turn;
    this.#scopes.set(scope, { token, incarnation, dispatched, members });
    this.#size += members.size;
    for (const oldest of this.#scopes.keys()) {
      if (this.#size <= this.#limit) break;
      this.#remove(oldest);
    }
  }

  #remove(scope: Scope): Cached | undefined {
    const cached = this.#scopes.get(scope);
    if (cached !== undefined) {
      this.#scopes.delete(scope);
      this.#size -= cached.members.size;
    }
    return cached;
  }
}
