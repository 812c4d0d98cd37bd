import type { FenceHeader } from '../core/codec/envelope.ts';
import type { Failure, LeftReport } from '../core/codec/report.ts';
import type { Logger } from '../core/logger.ts';
import type { IncomingMessage } from '../core/messaging/port.ts';
import { scopes, splitScope } from '../core/model/keys.ts';
import type { Assignment } from '../core/model/resources.ts';
import type { Entry } from '../core/model/view.ts';
import type { Scope } from '../core/store/port.ts';
import { isCalledFor, knownAssignments } from './assignment.ts';
import type { Known } from './assignment.ts';
import type { Reminders } from './reminders.ts';
import type { Replicas } from './replicas.ts';
import type { Reporter } from './reporter.ts';
import { assignmentId } from './state.ts';
import type { Effect, HostState } from './state.ts';

export interface MembershipsDeps {
  readonly hostId: string;
  readonly state: HostState;
  readonly replicas: Replicas;
  readonly reporter: Reporter;
  readonly reminders: Reminders;
  readonly logger: Logger;
  readonly snapshotGraceMs: number;
  readonly confirmGraceMs: number;
  readonly slots: Slots;
}

/** The slots of assignments that the agent listens to, by {@link assignmentId}. */
export interface Slots {
  /** Changes nothing where it listens, or attempts to, already. */
  listen(assignment: Known): void;
  unlisten(id: string): Promise<void>;
  wanted(): readonly string[];
}

/** Which VPCs the host takes part in, where it listens for them, and what it has to ask for or to say because of it. */
export class Memberships {
  readonly #deps: MembershipsDeps;
  readonly #hostScope: Scope;
  /** Joins without a record: when the host's records are next read anew, the record must be there. */
  readonly #doubted = new Set<string>();

  constructor(deps: MembershipsDeps) {
    this.#deps = deps;
    this.#hostScope = scopes.host(deps.hostId);
  }

  /** Takes up what is on disk. Nothing is cleaned up before the host's records were heard of. */
  resume(): void {
    const { state } = this.#deps;
    for (const id of state.joined.keys()) this.#doubt(id);
    for (const left of state.left.values()) this.#remindLeft(left);
    for (const [scope, held] of state.held)
      if (held.wanted !== undefined) this.#remindWanted(scope, held.wanted);
    this.#attend(this.#known());
  }

  /** Listens where it does not, and should. */
  listen(): void {
    this.#attend(this.#known());
  }

  /** The host's own scope has changed. */
  async hostChanged(entries: readonly Entry[], isSnapshot: boolean): Promise<void> {
    this.#settle(entries, isSnapshot);
    const known = this.#known();
    const effects: Effect[] = [];
    for (const [id, { vpcId, epoch }] of this.#deps.state.joined) {
      const isRecorded = known.get(id)?.isRecorded === true;
      if (!isRecorded && isSnapshot && !this.#doubted.has(id)) this.#doubt(id);
      const isVoid = isSnapshot && this.#doubted.has(id);
      const isRemoved = entries.some((entry) => entry.body === undefined && entry.key === `assignment/${id}`);
      if (!isRecorded && !isRemoved && !isVoid) continue;
      this.#trust(id);
      effects.push({ kind: 'unjoined', vpcId, epoch });
    }
    this.#deps.replicas.commit(effects);
    await this.#follow();
  }

  /** A snapshot was taken over; `assignment`: it has made the host a member. */
  completed(scope: Scope, epoch: number, assignment?: Assignment): void {
    this.#forget(scope, epoch);
    if (assignment === undefined) return;
    this.#joined(assignment);
    this.#attend(this.#known());
  }

  /** A snapshot says less than the host knew already; `assignment`: it has made the host a member all the same. */
  outdated(scope: Scope, epoch: number, assignment?: Assignment): void {
    if (assignment !== undefined) this.#joined(assignment);
    this.want(scope, epoch);
  }

  /** Something of the scope is missing. */
  want(scope: Scope, epoch: number, failure?: Failure): void {
    const { state, replicas } = this.#deps;
    const held = state.held.get(scope);
    if (held?.wanted === undefined || held.wanted < epoch || failure !== undefined) {
      replicas.commit([{ kind: 'wanted', scope, epoch, ...(failure === undefined ? {} : { failure }) }]);
    }
    this.#remindWanted(scope, epoch);
    this.#attend(this.#known());
  }

  /** A snapshot has come, or parts of one. */
  progressed(scope: Scope): void {
    const wanted = this.#deps.state.held.get(scope)?.wanted;
    if (wanted !== undefined) this.#deps.reminders.postpone(`wanted ${scope} ${wanted}`);
  }

  /** Nothing more comes for the assignment. In the scope's turn only. */
  async fenced(header: FenceHeader, assignment: Known, messages: readonly IncomingMessage[]): Promise<void> {
    const { state, replicas } = this.#deps;
    const { scope, epoch, partition, slot } = assignment;
    const left: LeftReport = { scope, epoch, partition, slot };
    const effects: Effect[] = [
      { kind: 'left', left, incarnation: header.incarnation },
      { kind: 'unjoined', vpcId: assignment.vpcId, epoch },
    ];
    const rest = this.#known();
    rest.delete(assignmentId(assignment.vpcId, epoch));
    const held = state.held.get(scope);
    const isKept = held !== undefined && isCalledFor(rest.values(), scope, held.replica.epoch);
    if (isKept || header.moved === true) replicas.commit(effects);
    else await replicas.drop(scope, effects);
    await this.fencedAgain(assignment, messages);
  }

  /** What the fence says is done, or on its way to the disk, but it may not have been acknowledged. */
  async fencedAgain(assignment: Known, messages: readonly IncomingMessage[]): Promise<void> {
    const { replicas, logger } = this.#deps;
    const { scope, epoch, partition, slot } = assignment;
    await replicas.durable();
    await Promise.all(messages.map((message) => message.ack()));
    // The consumer closes after this handler, and only then the host may say that it listens there no more.
    this.#leave({ scope, epoch, partition, slot }).catch((error: unknown) => {
      logger.error('a fence was not followed', { scope, epoch, error });
    });
  }

  async #leave(left: LeftReport): Promise<void> {
    this.#forget(left.scope, left.epoch);
    await this.#deps.slots.unlisten(assignmentId(splitScope(left.scope).id, left.epoch));
    this.#remindLeft(left);
  }

  /** Listens where the assignments say, asks for what is overdue. */
  #attend(known: ReadonlyMap<string, Known>): void {
    const { state, reminders, slots, snapshotGraceMs } = this.#deps;
    for (const assignment of known.values()) {
      const { scope, epoch } = assignment;
      const held = state.held.get(scope);
      const isReady = held !== undefined && Math.max(held.replica.epoch, held.wanted ?? 0) >= epoch;
      // Until the snapshot is here, copies had better wait in the slot.
      if (isReady || assignment.state === 'leaving') slots.listen(assignment);
      const overdue = `overdue ${scope} ${epoch}`;
      if (assignment.state === 'member' && !isReady && !reminders.has(overdue)) {
        reminders.set(
          overdue,
          () => {
            reminders.clear(overdue);
            const now = this.#known().get(assignmentId(assignment.vpcId, epoch));
            const replica = state.held.get(scope)?.replica;
            if (now?.state === 'member' && (replica === undefined || replica.epoch < epoch))
              this.want(scope, epoch);
          },
          snapshotGraceMs,
        );
      }
    }
  }

  /** Gives up what no assignment calls for any more. */
  async #follow(): Promise<void> {
    const { state, replicas, slots } = this.#deps;
    const known = this.#known();
    for (const id of slots.wanted()) {
      if (known.has(id)) continue;
      const at = id.lastIndexOf('/');
      const scope = scopes.vpc(id.slice(0, at));
      // Fences close their own listeners.
      if (!state.isLeft(id.slice(0, at), Number(id.slice(at + 1)))) {
        this.#forget(scope, Number(id.slice(at + 1)));
        void slots.unlisten(id);
      }
    }
    for (const [scope, { replica }] of state.held) {
      if (splitScope(scope).kind !== 'vpc' || isCalledFor(known.values(), scope, replica.epoch)) continue;
      await replicas.inTurn(scope, async () => {
        const held = state.held.get(scope);
        if (held === undefined || isCalledFor(this.#known().values(), scope, held.replica.epoch)) return;
        const { incarnation, epoch } = held.replica;
        this.#forget(scope, Math.max(epoch, held.wanted ?? 0));
        await replicas.drop(scope, [{ kind: 'floor', scope, incarnation, epoch }]);
      });
    }
    this.#attend(this.#known());
  }

  /** Whoever was told that the host left has removed the record. */
  #settle(entries: readonly Entry[], isSnapshot: boolean): void {
    const { state, replicas, reminders, hostId } = this.#deps;
    const records = state.held.get(scopes.host(hostId))?.replica.entries;
    const removed = new Set(entries.flatMap((entry) => (entry.body === undefined ? [entry.key] : [])));
    for (const { scope, epoch } of state.left.values()) {
      const key = `assignment/${splitScope(scope).id}/${epoch}` as const;
      if (!removed.has(key) && !(isSnapshot && records?.has(key) !== true)) continue;
      replicas.commit([{ kind: 'settled', scope, epoch }]);
      reminders.clear(`left ${scope} ${epoch}`);
    }
  }

  #joined({ vpcId, epoch }: Assignment): void {
    this.#deps.reminders.clear(`left ${scopes.vpc(vpcId)} ${epoch}`);
    this.#trust(assignmentId(vpcId, epoch));
  }

  #doubt(id: string): void {
    const { reminders, confirmGraceMs } = this.#deps;
    const key = `doubt ${id}`;
    if (reminders.has(key)) return;
    reminders.set(
      key,
      () => {
        reminders.clear(key);
        const lane = this.#deps.state.registration?.lane;
        if (!this.#deps.state.joined.has(id) || lane === undefined) return;
        this.#doubted.add(id);
        this.want(this.#hostScope, lane.epoch);
      },
      confirmGraceMs,
    );
  }

  #trust(id: string): void {
    this.#doubted.delete(id);
    this.#deps.reminders.clear(`doubt ${id}`);
  }

  #remindLeft(left: LeftReport): void {
    const { state, reporter, reminders } = this.#deps;
    const key = `left ${left.scope} ${left.epoch}`;
    reminders.set(key, () => {
      if (state.left.has(`${left.scope}/${left.epoch}`)) reporter.left(left);
    });
  }

  #remindWanted(scope: Scope, epoch: number): void {
    const { state, replicas, reminders } = this.#deps;
    const key = `wanted ${scope} ${epoch}`;
    reminders.set(key, () => {
      if (state.held.get(scope)?.wanted === epoch) replicas.report(scope);
      else reminders.clear(key);
    });
  }

  #forget(scope: Scope, epoch: number): void {
    this.#deps.reminders.clear(`wanted ${scope} ${epoch}`);
    this.#deps.reminders.clear(`overdue ${scope} ${epoch}`);
  }

  #known(): Map<string, Known> {
    return knownAssignments(this.#deps.state, this.#deps.hostId);
  }
}
