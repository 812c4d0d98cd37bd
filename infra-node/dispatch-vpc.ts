import { timed } from '../core/codec/properties.ts';
import type { Timed } from '../core/codec/properties.ts';
import { isResource } from '../core/model/view.ts';
import type { ChangePage, DispatchTurn, Scope, StoredRecord } from '../core/store/port.ts';
import { CatchUp, encodeChanges } from './catch-up.ts';
import { readDelta } from './dispatch-delta.ts';
import { VpcSender } from './dispatch-sender.ts';
import type { Copy } from './dispatch-sender.ts';
import type { EncodedEntries } from './encoded-entries.ts';
import { encodeSnapshot } from './encoded-snapshot.ts';
import { considerFanOut, followFanOut } from './fan-out/change.ts';
import { Recent, isPartial } from './fan-out/choice.ts';
import { MAX_FAN_OUT_BYTES, readFanOut } from './fan-out/lane.ts';
import type { FanOutLane } from './fan-out/lane.ts';
import type { Audience } from './member-cache.ts';
import { MemberGroups } from './member-groups.ts';
import { followLog, loadMembers } from './members.ts';
import type { MemberState } from './members.ts';
import type { Node } from './node.ts';
import type { Demand, Resyncs, Tails } from './resyncs.ts';
import type { HostCopy } from './split/chunk.ts';
import { windowsOf } from './vpc-windows.ts';
import { Marks, isHeld } from './window.ts';
import type { Window } from './window.ts';

interface Open {
  readonly state: MemberState;
  readonly window: Window;
}

interface Room {
  readonly open: readonly Open[];
  /** Those whose window is full, or which are offline. */
  readonly held: readonly MemberState[];
}

/** So that one VPC takes a quarter of a broker's time at most. */
const DELIVERIES_PER_REST = 4;

/**
 * One node's turn on a VPC: the log from where the last turn ended, page by page, each page sent and then advanced.
 * Hosts whose window is full, and hosts that are offline, are held: they are sent nothing, and what they missed in one
 * piece when they have caught up.
 */
export class VpcTurn {
  readonly #node: Node;
  readonly #scope: Scope;
  readonly #turn: DispatchTurn;
  readonly #timed: Timed;
  readonly #sender: VpcSender;
  readonly #catchingUp: CatchUp;
  #dispatched: number;
  #due: number;
  #audience: Audience | undefined;

  private constructor(node: Node, scope: Scope, turn: DispatchTurn, { sinceMs }: Demand) {
    this.#node = node;
    this.#scope = scope;
    this.#turn = turn;
    // A scope that begins anew, since its store has lost its tail, is a replay.
    const isReplay = turn.dispatched === 0 && turn.incarnation > 1;
    this.#timed = timed(isReplay ? undefined : sinceMs);
    this.#sender = new VpcSender(node, scope, turn, this.#timed);
    this.#catchingUp = new CatchUp(node, scope, turn, this.#sender);
    this.#dispatched = turn.dispatched;
    this.#due = turn.due;
    this.#audience = node.members.take(scope, turn);
  }

  /** False = another node took a turn meanwhile; what is left is its task. */
  static async run(node: Node, scope: Scope, demand: Demand): Promise<boolean> {
    const begun = await node.store.beginDispatch(scope);
    await node.step('begun', scope);
    const turn = new VpcTurn(node, scope, begun, demand);
    if (!(await turn.#dispatchLog())) return false;
    if (!(await turn.#resync(demand.resyncs))) return false;
    if (!(await turn.#answerTails(demand.tails))) return false;
    if (!(await turn.#catchUp())) return false;
    if (turn.#audience !== undefined) {
      node.members.keep(scope, begun, turn.#dispatched, turn.#audience);
      considerFanOut(node, scope, turn.#audience);
    }
    return true;
  }

  /** Up to the head that the log had at the start: who writes more meanwhile also wakes us again. */
  async #dispatchLog(): Promise<boolean> {
    let target = Infinity;
    while (this.#dispatched < target) {
      const page = await this.#node.store.changes(
        this.#scope,
        this.#dispatched,
        this.#node.options.changesPage,
      );
      this.#sender.lookAgain();
      await this.#node.step('changes-read', this.#scope);
      target = Math.min(target, page.head);
      if (page.through <= this.#dispatched) break;
      if (!(await this.#dispatchPage(page))) return false;
    }
    return true;
  }

  async #dispatchPage({ changes, through }: ChangePage): Promise<boolean> {
    const audience = await this.#loadAudience();
    const { members } = audience;
    const { joined, left, draining } = followLog(members, changes);
    audience.groups.follow(changes);
    const resources = changes.filter((record) => isResource(record.key));

    await this.#welcome(joined);
    const receivers = resources.length > 0 ? await this.#copy(resources, through) : [];
    const coversAll = receivers === 'all';
    for (const { hostId, partition, slot, epoch } of draining) {
      await this.#sender.fence({ hostId, partition, slot, epoch });
    }
    await this.#sender.done();

    followFanOut(audience, changes);
    // Hosts that were sent a snapshot are ahead of the others, and those that are held are behind.
    const apart = coversAll
      ? [...members.values()].filter((state) => state.sent !== through)
      : [...joined, ...receivers];
    return this.#advance(through, apart, {
      ...(coversAll ? { sentAll: through } : {}),
      ...(receivers.length > 0 ? { mark: through } : {}),
      forget: left,
    });
  }

  async #welcome(joined: readonly MemberState[]): Promise<void> {
    const { online, offline } = this.#byLease(joined);
    for (const { member } of offline) await this.#sender.invite(member);
    if (online.length === 0) return;
    const snapshot = await encodeSnapshot(this.#node, this.#scope);
    for (const state of online) {
      await this.#sender.welcome(state.member, snapshot);
      state.sent = snapshot.revision;
      state.since = snapshot.revision;
    }
  }

  /** Answers with who was sent it: all that are not held, or the few that it concerns. */
  async #copy(resources: readonly StoredRecord[], to: number): Promise<'all' | readonly MemberState[]> {
    const { members, groups, fanOut, multicasts } = await this.#loadAudience();
    const due = [...members.values()].filter((state) => state.sent < to && !isHeld(state, this.#due));
    // Also for those that are sent nothing: whoever reads along takes what is meant for all.
    const entries = await encodeChanges(this.#node, this.#scope, resources, [...members.values()], groups);
    if (!entries.concernsAll) {
      const concerned = due.filter(({ member }) => entries.concerns(member.hostId));
      if (this.#isPartial(concerned.length, members.size, fanOut)) {
        const room = await this.#room(concerned, to);
        await this.#copyTo(room, { entries, to });
        for (const state of room.held) this.#hold(state);
        return concerned;
      }
    }
    multicasts.add(1, this.#node.clock());
    const published = fanOut && (await this.#sinceDue(entries, to));
    const lane = published && published.largestForAll <= MAX_FAN_OUT_BYTES ? fanOut : undefined;
    const reads = ({ reading }: MemberState): boolean => reading === lane?.revision;
    if (published && lane) await this.#fanOut(lane, due.filter(reads), { entries: published, to });
    const others = due.filter((state) => !reads(state));
    await this.#copyTo(await this.#room(others, to), { entries, to });
    return 'all';
  }

  /** What is due to all does not move past what concerns some, so the host has to fall behind that to be held. */
  #hold(state: MemberState): void {
    state.copied = Math.max(state.copied ?? 0, state.sent);
    state.sent = Math.min(state.sent, Math.max(0, this.#due - 1));
  }

  #isPartial(concerned: number, hosts: number, fanOut: FanOutLane | undefined): boolean {
    if (fanOut === undefined) return true;
    const { deltaRecords, fanOut: options } = this.#node.options;
    // What is published next has to say all of it again.
    if (this.#dispatched - this.#due > deltaRecords / 2) return false;
    return isPartial(concerned, { hosts, partitions: fanOut.partitions }, options.costs);
  }

  /**
   * What is published begins at what is due to all, so it also says what went to some as copies since: a reader that takes
   * it before its copy lacks nothing. Undefined = that is too much.
   */
  async #sinceDue(entries: EncodedEntries, through: number): Promise<EncodedEntries | undefined> {
    const after = this.#due;
    if (after >= this.#dispatched) return entries;
    const { members, groups } = await this.#loadAudience();
    const { from, records } = await readDelta(this.#node, this.#scope, { after, through });
    if (from > after) return undefined;
    return encodeChanges(this.#node, this.#scope, records, [...members.values()], groups);
  }

  /** By what the hosts have reported now. */
  async #room(states: readonly MemberState[], to: number): Promise<Room> {
    if (states.length === 0) return { open: [], held: [] };
    const windowOf = windowsOf(await this.#loadAudience(), this.#node.options.windowBudget);
    const { online, offline: held } = this.#byLease(states);
    await this.#catchingUp.readApplied(online.filter((state) => windowOf(state).wouldBeHalfFull(state, to)));
    const open: Open[] = [];
    for (const state of online) {
      const window = windowOf(state);
      if (window.isFull(state)) held.push(state);
      else open.push({ state, window });
    }
    this.#node.count('held', held.length);
    return { open, held };
  }

  /** Nobody's window matters here, nor whether a host is there: nobody waits for those that do not read. */
  async #fanOut(
    lane: FanOutLane,
    states: readonly MemberState[],
    { entries, to }: Pick<Copy, 'entries' | 'to'>,
  ): Promise<void> {
    if (states.length === 0) return;
    const from = states.reduce((least, { sent }) => Math.min(least, sent), to);
    await this.#sender.fanOut(lane, { entries, from, to });
    const { marks } = await this.#loadAudience();
    for (const state of states) {
      // Nothing waits in its slot, and this does not go there.
      if (marks.outstanding(state) === 0) state.since = to;
      state.sent = to;
    }
    // What comes meanwhile goes together, and a VPC that is written to all the time leaves the broker to others.
    const { costs, longestRestMs } = this.#node.options.fanOut;
    const deliveryMs = (states.length * costs.readUs) / 1_000;
    this.#node.rests.give(this.#scope, Math.min(longestRestMs, DELIVERIES_PER_REST * deliveryMs));
  }

  async #copyTo({ open }: Room, { entries, to }: Pick<Copy, 'entries' | 'to'>): Promise<void> {
    if (open.length === 0) return;
    const { marks } = await this.#loadAudience();
    const copies = open.map(({ state, window }): HostCopy => {
      const { member, sent: from } = state;
      // Nothing is outstanding: what went out since was for others.
      if (state.applied >= from) state.since = Math.max(state.since, marks.newest);
      const ask = window.wouldBeHalfFull(state, to);
      state.sent = to;
      return { member, from, ask };
    });
    await this.#sender.copies(copies, { entries, to });
  }

  /** A host that asks is alive, whatever its window and its lease say. */
  async #resync(resyncs: Resyncs): Promise<boolean> {
    if (resyncs.size === 0) return true;
    const asking = await this.#asking(resyncs);
    if (asking.length === 0) return true;
    await this.#catchingUp.sendSnapshots(asking);
    await this.#sender.done();
    this.#node.count('resyncs', asking.length);
    return this.#advance(this.#dispatched, asking);
  }

  /** What hosts that read along since now were not sent, as they did not yet; an answer even if it is nothing. */
  async #answerTails(tails: Tails): Promise<boolean> {
    if (tails.size === 0) return true;
    const asking = await this.#asking(new Map([...tails].map(([host, { epoch }]) => [host, epoch])));
    if (asking.length === 0) return true;
    await this.#catchingUp.readApplied(asking);
    await this.#catchingUp.resume(asking, this.#dispatched, tails);
    this.#node.count('tails', asking.length);
    return this.#advance(this.#dispatched, asking);
  }

  async #asking(hosts: Resyncs): Promise<MemberState[]> {
    const { members } = await this.#loadAudience();
    return [...hosts].flatMap(([hostId, epoch]) => {
      const state = members.get(hostId);
      return state?.member.epoch === epoch ? [state] : [];
    });
  }

  /**
   * Sends held hosts what they missed, if they have room again by what they have reported now: one that reported
   * before it was held is resumed by nobody else.
   */
  async #catchUp(): Promise<boolean> {
    const audience = await this.#loadAudience();
    const { members } = audience;
    const windowOf = windowsOf(audience, this.#node.options.windowBudget);
    const { online: held } = this.#byLease([...members.values()].filter((state) => isHeld(state, this.#due)));
    if (held.length === 0) return true;
    await this.#catchingUp.readApplied(held);
    const due = held.filter((state) => !windowOf(state).isHalfFull(state));
    if (due.length === 0) return true;
    await this.#catchingUp.resume(due, this.#dispatched);
    return this.#advance(this.#dispatched, due);
  }

  async #advance(
    dispatched: number,
    apart: readonly MemberState[],
    rest: { sentAll?: number; mark?: number; forget?: readonly string[] } = {},
  ): Promise<boolean> {
    const isOurs = await this.#node.store.advance({
      scope: this.#scope,
      token: this.#turn.token,
      dispatched,
      sent: new Map(apart.map(({ member, sent }) => [member.hostId, sent])),
      ...rest,
    });
    if (!isOurs) return false;
    this.#due = rest.sentAll ?? this.#due;
    if (rest.mark !== undefined) this.#audience?.marks.add(rest.mark);
    if (dispatched > this.#dispatched) this.#node.dispatched(this.#timed);
    this.#node.countVpc(this.#scope, 'revisions', dispatched - this.#dispatched);
    this.#dispatched = dispatched;
    await this.#node.step('advanced', this.#scope);
    return true;
  }

  async #loadAudience(): Promise<Audience> {
    this.#audience ??= await this.#readAudience();
    await this.#node.step('members-loaded', this.#scope);
    return this.#audience;
  }

  async #readAudience(): Promise<Audience> {
    const { store, options } = this.#node;
    const [members, revisions, { lane: fanOut, wish }] = await Promise.all([
      loadMembers(store, this.#scope, this.#dispatched),
      store.marks(this.#scope),
      readFanOut(store, this.#scope),
    ]);
    await this.#catchingUp.readApplied([...members.values()]);
    const multicasts = new Recent(options.fanOut.halfLifeMs);
    return {
      ...{ members, marks: new Marks(revisions), groups: new MemberGroups() },
      ...{ fanOut, wish, multicasts, isChanging: false },
    };
  }

  #byLease(states: readonly MemberState[]): { online: MemberState[]; offline: MemberState[] } {
    const online: MemberState[] = [];
    const offline: MemberState[] = [];
    for (const state of states) {
      (this.#node.isOffline(state.member.hostId) ? offline : online).push(state);
    }
    return { online, offline };
  }
}
