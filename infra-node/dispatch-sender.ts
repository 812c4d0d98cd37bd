import { PlatformError } from '../core/errors.ts';
import { timed } from '../core/codec/properties.ts';
import type { Timed } from '../core/codec/properties.ts';
import { splitScope } from '../core/model/keys.ts';
import type { Assignment, CopiesLane, Lane, Member } from '../core/model/resources.ts';
import type { DispatchTurn, Scope } from '../core/store/port.ts';
import { putAssignment } from './assignments.ts';
import type { EncodedEntries } from './encoded-entries.ts';
import type { EncodedSnapshot } from './encoded-snapshot.ts';
import type { Node } from './node.ts';
import { Pipeline } from './pipeline.ts';
import { readLane, sendToHost } from './registered-host.ts';
import { ownLane, publishParts, sendFence, sendParts, weightOf } from './send.ts';
import type { HostCopy } from './split/chunk.ts';

/** Changes for one host, with all the log says about the range (from, to]. */
export interface Copy extends Timed {
  readonly entries: EncodedEntries;
  readonly from: number;
  readonly to: number;
  readonly ask: boolean;
  /** The host asked for it, with this number. */
  readonly tail?: number | undefined;
}

/** The same for all hosts that read along. */
export type FanOut = Pick<Copy, 'entries' | 'from' | 'to'>;

/**
 * Sends a VPC's messages on behalf of one turn: side by side to different hosts, in order to each. A method resolves
 * when its message has a place; `done` when all of them are with the broker.
 */
export class VpcSender {
  readonly #node: Node;
  readonly #scope: Scope;
  readonly #turn: DispatchTurn;
  readonly #timed: Timed;
  #pipeline: Pipeline;
  #lane: CopiesLane | undefined;

  /** `timed` is of what is sent for the first time: to all, and to hosts that join. */
  constructor(node: Node, scope: Scope, turn: DispatchTurn, timed: Timed) {
    this.#node = node;
    this.#scope = scope;
    this.#turn = turn;
    this.#timed = timed;
    this.#pipeline = new Pipeline(node.options.sendsInFlight);
  }

  /** A page of the log was read: it may have members on a lane that is newer than the one that is known here. */
  lookAgain(): void {
    this.#lane = undefined;
  }

  async done(): Promise<void> {
    const pipeline = this.#pipeline;
    this.#pipeline = new Pipeline(this.#node.options.sendsInFlight);
    await pipeline.done();
    await this.#node.step('sent', this.#scope);
  }

  /** All of the VPC on the host's own lane, with the assignment that tells where to listen for what follows. */
  async welcome(member: Member, snapshot: EncodedSnapshot): Promise<void> {
    const assignment = await this.#assignment(member, 'member');
    const payloads = snapshot.entries.for(member.hostId, assignment);
    await this.#pipeline.add(
      hostKey(member),
      async () => {
        const delivered = await sendToHost(this.#node, member.hostId, (host) =>
          sendParts(
            this.#node,
            { scope: this.#scope, lane: host.lane, member: host.member },
            payloads,
            (part) => ({ ...this.#snapshotHeader(member, snapshot, part), ...this.#timed }),
          ),
        );
        if (delivered) this.#node.countVpc(this.#scope, 'snapshots');
        // Once it is registered it learns of the VPC by the assignment, and asks for what it lacks.
        else
          this.#node.logger.warn('a host joined that cannot be reached', { scope: this.#scope, ...member });
        await this.#putAssignment(assignment);
      },
      weightOf(snapshot.entries.largestPart),
    );
  }

  /** Only the assignment: the host learns of it when it is back. */
  async invite(member: Member): Promise<void> {
    const assignment = await this.#assignment(member, 'member');
    await this.#pipeline.add(hostKey(member), () => this.#putAssignment(assignment));
  }

  async copy(member: Member, { entries, from, to, ask, tail, sinceMs }: Copy): Promise<void> {
    const delivery = { scope: this.#scope, lane: await this.#copiesLane(), member };
    const payloads = entries.for(member.hostId);
    await this.#pipeline.add(
      slotKey(member),
      () =>
        sendParts(this.#node, delivery, payloads, (part) => ({
          kind: 'changes',
          ...this.#stamp(member),
          from,
          to,
          ask,
          ...(tail === undefined ? {} : { tail }),
          ...timed(sinceMs),
          ...part,
        })),
      weightOf(entries.largestPart),
    );
    if (ask) this.#node.count('asked');
  }

  /** A copy to each; if there are very many, together with other nodes. */
  async copies(copies: readonly HostCopy[], { entries, to }: Pick<Copy, 'entries' | 'to'>): Promise<void> {
    const { splitter, options } = this.#node;
    const sendHere = async ({ member, from, ask }: HostCopy): Promise<void> => {
      await this.copy(member, { entries, from, to, ask, ...this.#timed });
      this.#node.countVpc(this.#scope, 'copies');
    };
    if (splitter === undefined || copies.length <= options.splitAbove) {
      for (const copy of copies) await sendHere(copy);
      return;
    }
    const { token: turn, incarnation } = this.#turn;
    const lane = await this.#copiesLane();
    const task = { scope: this.#scope, turn, incarnation, to, lane, entries, ...this.#timed };
    await splitter.send(task, copies, sendHere);
  }

  /** One message to each partition, for all who read along. */
  async fanOut({ topic, partitions, cluster }: Lane, { entries, from, to }: FanOut): Promise<void> {
    const { token: turn, incarnation } = this.#turn;
    const payloads = entries.forAll();
    const header = { scope: this.#scope, incarnation, from, to, turn, ...this.#timed };
    for (let partition = 0; partition < partitions; partition++) {
      await this.#pipeline.add(
        `fan-out/${partition}`,
        () =>
          publishParts(
            this.#node,
            { scope: this.#scope, cluster, to: { topic, partition } },
            payloads,
            header,
          ),
        weightOf(entries.largestPart),
      );
    }
    this.#node.countVpc(this.#scope, 'fanOuts');
  }

  /** In the copies' own lane, where nothing can overtake it. */
  async snapshot(member: Member, snapshot: EncodedSnapshot): Promise<void> {
    const delivery = { scope: this.#scope, lane: await this.#copiesLane(), member };
    const payloads = snapshot.entries.for(member.hostId);
    await this.#pipeline.add(
      slotKey(member),
      async () => {
        await sendParts(this.#node, delivery, payloads, (part) =>
          this.#snapshotHeader(member, snapshot, part),
        );
        this.#node.countVpc(this.#scope, 'snapshots');
      },
      weightOf(snapshot.entries.largestPart),
    );
  }

  /** The last message of the slot. The assignment says so to a host that does not listen there, or never did. */
  async fence(member: Member): Promise<void> {
    const assignment = await this.#assignment(member, 'leaving');
    const delivery = { scope: this.#scope, lane: assignment.lane, member };
    await this.#pipeline.add(slotKey(member), async () => {
      await sendFence(this.#node, delivery, this.#turn.incarnation);
      await this.#putAssignment(assignment);
    });
  }

  async #putAssignment(assignment: Assignment): Promise<void> {
    await this.#node.step('assign', this.#scope);
    await putAssignment(this.#node, assignment);
  }

  async #copiesLane(): Promise<CopiesLane> {
    this.#lane ??= await readLane(this.#node, this.#scope);
    if (this.#lane === undefined) throw new PlatformError('internal', `${this.#scope} has hosts but no lane`);
    return this.#lane;
  }

  async #assignment(member: Member, state: Assignment['state']): Promise<Assignment> {
    const { hostId, partition, slot, epoch } = member;
    const lane = ownLane(this.#scope, await this.#copiesLane(), member);
    return { hostId, partition, slot, epoch, vpcId: splitScope(this.#scope).id, lane, state };
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

function hostKey({ hostId }: Member): string {
  return `host/${hostId}`;
}
