import { decodeBody, decodeHeader } from '../core/codec/envelope.ts';
import type { Body, ChangesHeader, FenceHeader, Header, SnapshotHeader } from '../core/codec/envelope.ts';
import { PlatformError, unreachable } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { DeadLetters } from '../core/messaging/dead-letters.ts';
import type { IncomingMessage } from '../core/messaging/port.ts';
import { scopes, splitScope } from '../core/model/keys.ts';
import type { Assignment } from '../core/model/resources.ts';
import type { Scope } from '../core/store/port.ts';
import { isAssignment, knownAssignments } from './assignment.ts';
import type { Known } from './assignment.ts';
import type { Acknowledger } from './acknowledger.ts';
import type { Delays } from './delays.ts';
import type { Memberships } from './memberships.ts';
import type { Counters } from './ports.ts';
import type { ReadAlong } from './read-along.ts';
import type { Replicas } from './replicas.ts';
import type { SnapshotParts } from './snapshot-parts.ts';
import { UNDECODABLE, assignmentId } from './state.ts';
import type { Effect, HostState } from './state.ts';

export interface ReceiverDeps {
  readonly hostId: string;
  readonly state: HostState;
  readonly replicas: Replicas;
  readonly memberships: Memberships;
  readonly readAlong: ReadAlong;
  readonly parts: SnapshotParts;
  readonly acknowledger: Acknowledger;
  readonly deadLetters: DeadLetters;
  readonly delays: Delays;
  readonly counters: Counters;
  readonly logger: Logger;
}

/** Where a message came in: the host's own lane, or the slot of an assignment. */
export interface Origin {
  /** `host lane`, or `slot` and the {@link assignmentId}. */
  readonly lane: string;
  readonly scope: Scope;
  readonly epoch: number;
  /** Undefined for the host's own lane. */
  readonly assignment: Known | undefined;
}

/** Takes messages in: what they mean is applied in order, and they are acknowledged when that is durable. */
export class Receiver {
  readonly #deps: ReceiverDeps;
  #isDraining = false;

  constructor(deps: ReceiverDeps) {
    this.#deps = deps;
  }

  async receive(message: IncomingMessage, origin: Origin): Promise<void> {
    // Not acknowledged: it comes again.
    if (this.#leaves()) return;
    const { counters, hostId } = this.#deps;
    let header: Header;
    let body: Body;
    try {
      header = decodeHeader(message.properties);
      body =
        header.kind === 'fence' || header.host !== hostId ? { entries: [] } : decodeBody(message.payload);
      if (body.assignment !== undefined) checkAssignment(body.assignment, header);
    } catch (error) {
      await this.#poison(message, origin, error);
      return;
    }
    if (header.host !== hostId || !this.#belongs(header, origin)) {
      counters.foreign++;
      await this.#deps.acknowledger.done([message]);
      return;
    }
    if (header.kind === 'changes') {
      await this.#deps.readAlong.preceded(header);
      if (this.#leaves()) return;
    }
    const done = await this.#deps.replicas.inTurn(header.scope, () =>
      this.#take(header, body, message, origin),
    );
    await this.#deps.acknowledger.done(done);
  }

  /** From now on messages are left for later. */
  drain(): void {
    this.#isDraining = true;
  }

  /** A method, since it may change while something is awaited. */
  #leaves(): boolean {
    return this.#isDraining;
  }

  /** The host's lane brings its own scope and the snapshots of VPCs that it joins; a slot brings its VPC only. */
  #belongs({ scope, kind }: Header, origin: Origin): boolean {
    if (scope === origin.scope) return origin.assignment !== undefined || kind !== 'fence';
    return origin.assignment === undefined && splitScope(scope).kind === 'vpc' && kind === 'snapshot';
  }

  async #take(
    header: Header,
    body: Body,
    message: IncomingMessage,
    origin: Origin,
  ): Promise<readonly IncomingMessage[]> {
    switch (header.kind) {
      case 'changes':
        await this.#changes(header, body, message, origin);
        return [message];
      case 'snapshot':
        return this.#snapshot(header, body, message, origin);
      case 'fence':
        return this.#fence(header, message, origin);
      default:
        return unreachable(header);
    }
  }

  async #changes(header: ChangesHeader, body: Body, message: IncomingMessage, origin: Origin): Promise<void> {
    const { counters, replicas, memberships, state } = this.#deps;
    const { scope, epoch } = header;
    const isDue = epoch === origin.epoch || origin.assignment === undefined;
    const outcome = isDue ? await replicas.changes(header, body.entries) : 'stale';
    if (outcome === 'stale') counters.stale++;
    if (outcome === 'gap') {
      counters.gaps++;
      if (this.#isWanted(origin)) memberships.want(scope, Math.max(epoch, origin.epoch));
      this.#deps.logger.info('a gap', { scope, from: header.from, revision: state.report(scope)?.revision });
    }
    if (outcome === 'applied' && origin.assignment === undefined) {
      await memberships.hostChanged(body.entries, false);
    }
    // Also when it was stale or came after a gap: then the sender does not know where the host is.
    if (header.part < header.parts - 1) return;
    if (outcome === 'applied') this.#deps.delays.note(header, message.sentAtMs);
    if (header.tail !== undefined) this.#deps.readAlong.answered(scope, header.tail);
    if (header.ask) replicas.answer(scope);
  }

  async #snapshot(
    header: SnapshotHeader,
    body: Body,
    message: IncomingMessage,
    origin: Origin,
  ): Promise<readonly IncomingMessage[]> {
    const { counters, replicas, memberships, parts, state } = this.#deps;
    const { scope, epoch } = header;
    if (state.isOver(scope, header.incarnation, epoch)) {
      counters.stale++;
      return [message];
    }
    const isHostLane = origin.assignment === undefined;
    const isJoin = isHostLane && scope !== origin.scope;
    const isFirst = header.part === 0;
    if (isJoin && isFirst && body.assignment === undefined && !this.#isMember(splitScope(scope).id, epoch)) {
      counters.stale++;
      return [message];
    }
    memberships.progressed(scope);
    const { snapshot, done, isStray } = parts.add(origin.lane, header, body, message);
    if (isStray) counters.stale++;
    if (snapshot === undefined) return done;
    const { entries, assignment } = snapshot;
    const joined: Effect[] = assignment === undefined ? [] : [{ kind: 'joined', assignment }];
    if (state.isOutdated(scope, header.incarnation, header.to)) {
      counters.stale++;
      replicas.commit(joined);
      memberships.outdated(scope, epoch, assignment);
      return done;
    }
    const outcome = await replicas.snapshot(header, entries, joined);
    if (outcome !== 'applied') {
      counters.stale++;
      return done;
    }
    this.#deps.delays.note(header, message.sentAtMs);
    memberships.completed(scope, epoch, assignment);
    if (isHostLane && !isJoin) await memberships.hostChanged(entries, true);
    return done;
  }

  async #fence(
    header: FenceHeader,
    message: IncomingMessage,
    { assignment, lane }: Origin,
  ): Promise<readonly IncomingMessage[]> {
    const { counters, memberships, parts, state } = this.#deps;
    if (assignment?.epoch !== header.epoch) {
      counters.stale++;
      return [message];
    }
    if (state.isLeft(assignment.vpcId, header.epoch)) {
      counters.stale++;
      await memberships.fencedAgain(assignment, [message]);
      return [];
    }
    counters.fences++;
    await memberships.fenced(header, assignment, [...parts.forgetLane(lane), message]);
    return [];
  }

  /** A message that cannot be understood must not stop those behind it; a snapshot makes up for what it said. */
  async #poison(message: IncomingMessage, origin: Origin, error: unknown): Promise<void> {
    const { counters, memberships, deadLetters, logger, state } = this.#deps;
    counters.poison++;
    const reason = PlatformError.from(error).message;
    logger.error('a message cannot be understood', { lane: origin.lane, key: message.key, error });
    deadLetters.put({ lane: origin.lane, message, error });
    if (this.#isWanted(origin)) {
      const revision = state.held.get(origin.scope)?.replica.revision ?? 0;
      memberships.want(origin.scope, origin.epoch, { key: UNDECODABLE, revision, reason });
    }
    await this.#deps.acknowledger.done([message]);
  }

  /** What is to be left soon, or was left, need not be made whole. */
  #isWanted({ assignment, scope, epoch }: Origin): boolean {
    if (assignment === undefined) return true;
    const { state } = this.#deps;
    return this.#isMember(assignment.vpcId, epoch) && (state.held.get(scope)?.replica.epoch ?? 0) <= epoch;
  }

  #isMember(vpcId: string, epoch: number): boolean {
    const { state, hostId } = this.#deps;
    return knownAssignments(state, hostId).get(assignmentId(vpcId, epoch))?.state === 'member';
  }
}

function checkAssignment(assignment: Assignment, { scope, host, epoch }: Header): void {
  const isGood =
    isAssignment(assignment) &&
    scopes.vpc(assignment.vpcId) === scope &&
    assignment.hostId === host &&
    assignment.epoch === epoch;
  if (!isGood) throw new PlatformError('invalid_argument', 'message with a malformed assignment');
}
