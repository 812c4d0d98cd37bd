import type { DispatchTurn, Scope, StoredRecord } from '../core/store/port.ts';
import { readDelta } from './dispatch-delta.ts';
import type { VpcSender } from './dispatch-sender.ts';
import { EncodedEntries } from './encoded-entries.ts';
import { encodeSnapshot } from './encoded-snapshot.ts';
import { readApplied } from './members.ts';
import type { MemberGroups } from './member-groups.ts';
import type { MemberState } from './members.ts';
import type { Node } from './node.ts';
import { projectChanges } from './project-changes.ts';
import type { Tails } from './resyncs.ts';

/** Sends hosts of a VPC what they lack, on behalf of one turn. */
export class CatchUp {
  readonly #node: Node;
  readonly #scope: Scope;
  readonly #turn: DispatchTurn;
  readonly #sender: VpcSender;

  constructor(node: Node, scope: Scope, turn: DispatchTurn, sender: VpcSender) {
    this.#node = node;
    this.#scope = scope;
    this.#turn = turn;
    this.#sender = sender;
  }

  /** Reads anew how far the hosts are, and what they read. */
  readApplied(states: readonly MemberState[]): Promise<void> {
    return readApplied(this.#node.store, this.#scope, this.#turn.incarnation, states);
  }

  /** Everything through this revision, from what they have applied, not from what they were sent: of that, something may be lost. */
  async resume(due: readonly MemberState[], through: number, tails?: Tails): Promise<void> {
    const after = due.reduce(
      (least, { applied }) => (applied > 0 ? Math.min(least, applied) : least),
      through,
    );
    const delta = await readDelta(this.#node, this.#scope, { after, through });
    const entries = await encodeChanges(this.#node, this.#scope, delta.records, due);
    const far: MemberState[] = [];
    for (const state of due) {
      const { member, applied: from } = state;
      // Too far behind, or it has reported nothing yet.
      if (from < delta.from) {
        far.push(state);
        continue;
      }
      const to = Math.max(from, through);
      const tail = tails?.get(member.hostId)?.tail;
      if (from < to || tail !== undefined) {
        await this.#sender.copy(member, { entries, from, to, ask: tail === undefined, tail });
      }
      state.sent = to;
    }
    if (far.length > 0) await this.sendSnapshots(far);
    await this.#sender.done();
    if (tails === undefined) this.#node.count('resumed', due.length);
  }

  async sendSnapshots(states: readonly MemberState[]): Promise<void> {
    const snapshot = await encodeSnapshot(this.#node, this.#scope);
    for (const state of states) {
      await this.#sender.snapshot(state.member, snapshot);
      state.sent = snapshot.revision;
    }
  }
}

/** What the records become in messages to these hosts. */
export async function encodeChanges(
  { store, options }: Node,
  scope: Scope,
  resources: readonly StoredRecord[],
  receivers: readonly MemberState[],
  groups?: MemberGroups,
): Promise<EncodedEntries> {
  const hosts = receivers.map(({ member }) => member.hostId);
  const groupsByHost = groups && (() => groups.of(store, scope, hosts));
  const projections = await projectChanges(store, scope, resources, hosts, groupsByHost);
  return new EncodedEntries(projections, { maxBytes: options.maxPayloadBytes, removals: true });
}
