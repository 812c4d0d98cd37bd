import { PlatformError } from '../core/errors.ts';
import { splitScope } from '../core/model/keys.ts';
import type { Assignment, Lane, Member } from '../core/model/resources.ts';
import { isResource, project } from '../core/model/view.ts';
import type { ChangePage, DispatchTurn, Scope, StoredRecord } from '../core/store/port.ts';
import { putAssignment } from './assignments.ts';
import { EncodedEntries } from './encoded-entries.ts';
import { encodeSnapshot } from './encoded-snapshot.ts';
import type { EncodedSnapshot } from './encoded-snapshot.ts';
import { followLog, loadMembers } from './members.ts';
import type { Members, MemberState } from './members.ts';
import type { Node } from './node.ts';
import { Pipeline } from './pipeline.ts';
import { readLane, sendToHost } from './registered-host.ts';
import type { Resyncs } from './resyncs.ts';
import { sendFence, sendParts, weightOf } from './send.ts';

/** One node's turn on a VPC: the log from where the last turn ended, page by page, each page sent and then advanced. */
export class VpcTurn {
  readonly #node: Node;
  readonly #scope: Scope;
  readonly #turn: DispatchTurn;
  #dispatched: number;
  #members: Members | undefined;
  #lane: Lane | undefined;

  private constructor(node: Node, scope: Scope, turn: DispatchTurn) {
    this.#node = node;
    this.#scope = scope;
    this.#turn = turn;
    this.#dispatched = turn.dispatched;
    this.#members = node.members.take(scope, turn);
  }

  /** False = another node took a turn meanwhile; what is left is its task. */
  static async run(node: Node, scope: Scope, resyncs: Resyncs): Promise<boolean> {
    const begun = await node.store.beginDispatch(scope);
    await node.step('begun', scope);
    const turn = new VpcTurn(node, scope, begun);
    if (!(await turn.#dispatchLog())) return false;
    if (!(await turn.#resync(resyncs))) return false;
    if (turn.#members !== undefined) node.members.keep(scope, begun, turn.#dispatched, turn.#members);
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
      await this.#node.step('changes-read', this.#scope);
      target = Math.min(target, page.head);
      if (page.through <= this.#dispatched) break;
      if (!(await this.#dispatchPage(page))) return false;
    }
    return true;
  }

  async #dispatchPage({ changes, through }: ChangePage): Promise<boolean> {
    const members = await this.#loadMembers();
    const { joined, left, draining } = followLog(members, changes);
    const resources = changes.filter((record) => isResource(record.key));
    const pipeline = new Pipeline(this.#node.options.sendsInFlight);

    if (joined.length > 0) {
      const snapshot = await encodeSnapshot(this.#node, this.#scope);
      for (const state of joined) await this.#welcome(pipeline, state, snapshot);
    }
    const coversAll = resources.length > 0;
    if (coversAll) await this.#copy(pipeline, members, resources, through);
    for (const { hostId, partition, slot, epoch } of draining) {
      await this.#fence(pipeline, { hostId, partition, slot, epoch });
    }
    await pipeline.done();
    await this.#node.step('sent', this.#scope);

    // Hosts that were sent a snapshot are ahead of the others.
    const apart = coversAll ? [...members.values()].filter((state) => state.sent !== through) : joined;
    return this.#advance(through, apart, { ...(coversAll ? { sentAll: through } : {}), forget: left });
  }

  /** Sends all of the VPC on the host's own lane, with the assignment that tells where to listen for what follows. */
  async #welcome(pipeline: Pipeline, state: MemberState, snapshot: EncodedSnapshot): Promise<void> {
    const { member } = state;
    const assignment = await this.#assignment(member, 'member');
    const payloads = snapshot.entries.for(member.hostId, assignment);
    await pipeline.add(
      `host/${member.hostId}`,
      async () => {
        const delivered = await sendToHost(this.#node, member.hostId, (host) =>
          sendParts(
            this.#node,
            { scope: this.#scope, lane: host.lane, member: host.member },
            payloads,
            (part) => this.#snapshotHeader(member, snapshot, part),
          ),
        );
        if (delivered) this.#node.countVpc(this.#scope, 'snapshots');
        // Once it is registered it learns of the VPC by the assignment, and asks for what it lacks.
        else
          this.#node.logger.warn('a host joined that cannot be reached', { scope: this.#scope, ...member });
        await this.#node.step('assign', this.#scope);
        await putAssignment(this.#node, assignment);
      },
      weightOf(snapshot.entries.largestPart),
    );
    state.sent = snapshot.revision;
  }

  async #copy(
    pipeline: Pipeline,
    members: Members,
    resources: readonly StoredRecord[],
    to: number,
  ): Promise<void> {
    const entries = new EncodedEntries(resources.map(project), {
      maxBytes: this.#node.options.maxPayloadBytes,
      removals: true,
    });
    for (const state of members.values()) {
      if (state.sent >= to) continue;
      const { member, sent: from } = state;
      const delivery = { scope: this.#scope, lane: await this.#copiesLane(), member };
      const payloads = entries.for(member.hostId);
      await pipeline.add(
        slotKey(member),
        () =>
          sendParts(this.#node, delivery, payloads, (part) => ({
            kind: 'changes',
            ...this.#stamp(member),
            from,
            to,
            ask: false,
            ...part,
          })),
        weightOf(entries.largestPart),
      );
      this.#node.countVpc(this.#scope, 'copies');
      state.sent = to;
    }
  }

  /** The last message of the slot. The assignment says so to a host that does not listen there, or never did. */
  async #fence(pipeline: Pipeline, member: Member): Promise<void> {
    const assignment = await this.#assignment(member, 'leaving');
    const delivery = { scope: this.#scope, lane: assignment.lane, member };
    await pipeline.add(slotKey(member), async () => {
      await sendFence(this.#node, delivery, this.#turn.incarnation);
      await this.#node.step('assign', this.#scope);
      await putAssignment(this.#node, assignment);
    });
  }

  /** Sends snapshots in the copies' own lane, where nothing can overtake them. */
  async #resync(resyncs: Resyncs): Promise<boolean> {
    if (resyncs.size === 0) return true;
    const members = await this.#loadMembers();
    const asking = [...resyncs].flatMap(([hostId, epoch]) => {
      const state = members.get(hostId);
      return state?.member.epoch === epoch ? [state] : [];
    });
    if (asking.length === 0) return true;
    const snapshot = await encodeSnapshot(this.#node, this.#scope);
    const lane = await this.#copiesLane();
    const pipeline = new Pipeline(this.#node.options.sendsInFlight);
    for (const state of asking) {
      const { member } = state;
      const payloads = snapshot.entries.for(member.hostId);
      await pipeline.add(
        slotKey(member),
        async () => {
          await sendParts(this.#node, { scope: this.#scope, lane, member }, payloads, (part) =>
            this.#snapshotHeader(member, snapshot, part),
          );
          this.#node.countVpc(this.#scope, 'snapshots');
          this.#node.count('resyncs');
        },
        weightOf(snapshot.entries.largestPart),
      );
      state.sent = snapshot.revision;
    }
    await pipeline.done();
    await this.#node.step('sent', this.#scope);
    return this.#advance(this.#dispatched, asking, {});
  }

  async #advance(
    dispatched: number,
    apart: readonly MemberState[],
    rest: { sentAll?: number; forget?: readonly string[] },
  ): Promise<boolean> {
    const isOurs = await this.#node.store.advance({
      scope: this.#scope,
      token: this.#turn.token,
      dispatched,
      sent: new Map(apart.map(({ member, sent }) => [member.hostId, sent])),
      ...rest,
    });
    if (!isOurs) return false;
    this.#node.countVpc(this.#scope, 'revisions', dispatched - this.#dispatched);
    this.#dispatched = dispatched;
    await this.#node.step('advanced', this.#scope);
    return true;
  }

  async #loadMembers(): Promise<Members> {
    this.#members ??= await loadMembers(this.#node.store, this.#scope, this.#dispatched);
    await this.#node.step('members-loaded', this.#scope);
    return this.#members;
  }

  async #copiesLane(): Promise<Lane> {
    this.#lane ??= await readLane(this.#node, this.#scope);
    if (this.#lane === undefined) throw new PlatformError('internal', `${this.#scope} has hosts but no lane`);
    return this.#lane;
  }

  async #assignment(member: Member, state: Assignment['state']): Promise<Assignment> {
    return { ...member, vpcId: splitScope(this.#scope).id, lane: await this.#copiesLane(), state };
  }

  #snapshotHeader(member: Member, { revision: to }: EncodedSnapshot, part: { part: number; parts: number }) {
    return { kind: 'snapshot', ...this.#stamp(member), to, ...part } as const;
  }

  #stamp({ hostId, epoch }: Member) {
    const { token: turn, incarnation } = this.#turn;
    return { scope: this.#scope, host: hostId, epoch, incarnation, turn };
  }
}

function slotKey({ partition, slot }: Member): string {
  return `slot/${partition}/${slot}`;
}
