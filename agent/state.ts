import type { Failure, LeftReport, ScopeReport } from '../core/codec/report.ts';
import { scopes, splitScope } from '../core/model/keys.ts';
import { emptyReplica, take } from '../core/model/replica.ts';
import type { Replica } from '../core/model/replica.ts';
import type { Assignment } from '../core/model/resources.ts';
import type { Entry } from '../core/model/view.ts';
import type { RecordKey, Scope } from '../core/store/port.ts';
import type { Registration } from './registration.ts';

/** A step of the host's durable state. Effects, not messages: replaying them needs no rules, and twice is as good as once. */
export type Effect =
  | { readonly kind: 'registration'; readonly registration: Registration }
  | {
      readonly kind: 'scope';
      readonly scope: Scope;
      readonly epoch: number;
      readonly incarnation: number;
      readonly revision: number;
      readonly partial?: NonNullable<Replica['partial']>;
      readonly set: readonly Entry[];
      readonly removed: readonly RecordKey[];
      readonly failures: readonly Failure[];
      /** A snapshot: whatever was missing at this epoch is there now. */
      readonly complete: boolean;
    }
  /** The scope lacks something at this epoch; a snapshot is needed. */
  | { readonly kind: 'wanted'; readonly scope: Scope; readonly epoch: number; readonly failure?: Failure }
  | { readonly kind: 'drop'; readonly scope: Scope }
  /** Told by a snapshot on the host's lane; the record in the host's scope is still to come. */
  | { readonly kind: 'joined'; readonly assignment: Assignment }
  /** The record has come, or never will: `joined` is done with. */
  | { readonly kind: 'unjoined'; readonly vpcId: string; readonly epoch: number }
  /** The fence has come. */
  | { readonly kind: 'left'; readonly left: LeftReport; readonly incarnation: number }
  /** The control service knows that the host left. */
  | { readonly kind: 'settled'; readonly scope: Scope; readonly epoch: number }
  /** Snapshots up to here come too late; `revision`: as far as the host was when it gave the scope up. */
  | {
      readonly kind: 'floor';
      readonly scope: Scope;
      readonly incarnation: number;
      readonly epoch: number;
      readonly revision?: number;
    };

export interface Held {
  replica: Replica;
  readonly failures: Map<RecordKey, Failure>;
  /** Epoch at which a snapshot is wanted. */
  wanted: number | undefined;
}

interface Floor {
  readonly incarnation: number;
  readonly epoch: number;
  readonly revision: number;
}

/** Stands for a message that could not be understood, in the failures of its scope, until a snapshot makes up for it. */
export const UNDECODABLE: RecordKey = 'message/undecodable';

/** Floors are kept for this many VPCs, those last left. */
const MAX_FLOORS = 4_096;

export function assignmentId(vpcId: string, epoch: number): string {
  return `${vpcId}/${epoch}`;
}

/** Everything that the agent keeps over a restart. */
export class HostState {
  registration: Registration | undefined;
  readonly held = new Map<Scope, Held>();
  /** By {@link assignmentId}. */
  readonly joined = new Map<string, Assignment>();
  /** By scope and epoch; acknowledged fences that the control service may not know of. */
  readonly left = new Map<string, LeftReport>();
  /** Fan-out lanes that are read now, by the revision of their record. Not kept over a restart, nor are tails. */
  readonly reading = new Map<Scope, number>();
  /** Scopes that are read since now and may lack what came before, with the number that the answer gives back. */
  readonly tails = new Map<Scope, number>();
  readonly #floors = new Map<Scope, Floor>();

  apply(effect: Effect): void {
    switch (effect.kind) {
      case 'registration':
        this.registration = effect.registration;
        break;
      case 'scope':
        this.#applyScope(effect);
        break;
      case 'wanted': {
        const held = this.hold(effect.scope, effect.epoch);
        held.wanted = Math.max(held.wanted ?? 0, effect.epoch);
        if (effect.failure !== undefined) held.failures.set(effect.failure.key, effect.failure);
        break;
      }
      case 'drop': {
        const replica = this.held.get(effect.scope)?.replica;
        if (replica !== undefined) this.#raiseFloor(effect.scope, { ...replica, epoch: 0 });
        this.held.delete(effect.scope);
        break;
      }
      case 'joined': {
        const { vpcId, epoch } = effect.assignment;
        this.joined.set(assignmentId(vpcId, epoch), effect.assignment);
        this.left.delete(`${scopes.vpc(vpcId)}/${epoch}`);
        break;
      }
      case 'unjoined':
        this.joined.delete(assignmentId(effect.vpcId, effect.epoch));
        break;
      case 'left':
        this.left.set(`${effect.left.scope}/${effect.left.epoch}`, effect.left);
        this.#raiseFloor(effect.left.scope, { ...effect.left, incarnation: effect.incarnation, revision: 0 });
        break;
      case 'settled':
        this.left.delete(`${effect.scope}/${effect.epoch}`);
        break;
      case 'floor':
        this.#raiseFloor(effect.scope, { revision: 0, ...effect });
    }
  }

  /** The state as the fewest effects. */
  *effects(): Generator<Effect> {
    if (this.registration !== undefined) yield { kind: 'registration', registration: this.registration };
    for (const [scope, { replica, failures, wanted }] of this.held) {
      const { epoch, incarnation, revision, partial } = replica;
      yield {
        kind: 'scope',
        scope,
        epoch,
        incarnation,
        revision,
        ...(partial === undefined ? {} : { partial }),
        set: [...replica.entries.values()],
        removed: [],
        failures: [...failures.values()],
        complete: false,
      };
      if (wanted !== undefined) yield { kind: 'wanted', scope, epoch: wanted };
    }
    for (const assignment of this.joined.values()) yield { kind: 'joined', assignment };
    for (const left of this.left.values()) yield { kind: 'left', left, incarnation: 0 };
    for (const [scope, floor] of this.#floors) yield { kind: 'floor', scope, ...floor };
  }

  hold(scope: Scope, epoch: number): Held {
    let held = this.held.get(scope);
    if (held === undefined) {
      held = { replica: emptyReplica(scope, epoch), failures: new Map(), wanted: undefined };
      this.held.set(scope, held);
    }
    return held;
  }

  isLeft(vpcId: string, epoch: number): boolean {
    return this.left.has(`${scopes.vpc(vpcId)}/${epoch}`);
  }

  /** True for what was sent before the host left. */
  isOver(scope: Scope, incarnation: number, epoch: number): boolean {
    const floor = this.#floors.get(scope);
    return floor !== undefined && incarnation <= floor.incarnation && epoch <= floor.epoch;
  }

  /**
   * True for a snapshot from before what the host had when it gave the scope up, where it has got nothing of it since:
   * what was removed in between would come back.
   */
  isOutdated(scope: Scope, incarnation: number, revision: number): boolean {
    const floor = this.#floorOfNothing(scope);
    return floor?.incarnation === incarnation && revision < floor.revision;
  }

  /** What is to be said of a scope; undefined when the host does not hold it. */
  report(scope: Scope): ScopeReport | undefined {
    const held = this.held.get(scope);
    if (held === undefined) return undefined;
    const { epoch, partial, digest } = held.replica;
    const floor = this.#floorOfNothing(scope);
    const { incarnation, revision } = floor ?? held.replica;
    const asked = Math.max(epoch, held.wanted ?? 0);
    const reading = this.reading.get(scope);
    const tail = this.tails.get(scope);
    return {
      scope,
      epoch: asked,
      incarnation,
      // Of a newer assignment there is nothing yet.
      revision: asked === epoch ? revision : 0,
      failures: [...held.failures.values()],
      needsSnapshot: held.wanted !== undefined,
      // In the middle of a message the entries are those of no revision.
      ...(asked === epoch && partial === undefined && floor === undefined ? { digest } : {}),
      ...(reading === undefined ? {} : { reading }),
      ...(tail === undefined ? {} : { tail }),
    };
  }

  /** As far as the host was, when it has nothing now. */
  #floorOfNothing(scope: Scope): Floor | undefined {
    return (this.held.get(scope)?.replica.incarnation ?? 0) === 0 ? this.#floors.get(scope) : undefined;
  }

  #applyScope(effect: Extract<Effect, { kind: 'scope' }>): void {
    const { epoch, incarnation, revision, partial, complete } = effect;
    const held = this.hold(effect.scope, epoch);
    const { failures } = held;
    if (held.replica.incarnation > 0 && incarnation > held.replica.incarnation)
      this.#beginAnew(held, effect.scope);
    const removed = effect.removed.map((key): Entry => ({ key, revision, body: undefined }));
    const changed = [...removed, ...effect.set];
    held.replica = take(held.replica, { changed, position: { epoch, incarnation, revision, partial } });
    if (failures.size > 0) for (const { key } of changed) failures.delete(key);
    if (complete) {
      failures.delete(UNDECODABLE);
      if (held.wanted !== undefined && held.wanted <= epoch) held.wanted = undefined;
    }
    for (const failure of effect.failures) failures.set(failure.key, failure);
  }

  /** The store has lost its tail: epochs of before may be above those that it gives now. */
  #beginAnew(held: Held, scope: Scope): void {
    held.wanted = undefined;
    // What it has left by then it may be a member of again, as it was before.
    if (splitScope(scope).kind === 'host') this.#floors.clear();
  }

  #raiseFloor(scope: Scope, { incarnation, epoch, revision }: Floor): void {
    const before = this.#floors.get(scope) ?? { incarnation: 0, epoch: 0, revision: 0 };
    const isNext = incarnation > before.incarnation;
    const isPast = incarnation < before.incarnation;
    this.#floors.delete(scope);
    this.#floors.set(scope, {
      incarnation: isPast ? before.incarnation : incarnation,
      epoch: Math.max(epoch, before.epoch),
      // Of that incarnation.
      revision: Math.max(isPast ? 0 : revision, isNext ? 0 : before.revision),
    });
    for (const oldest of this.#floors.keys()) {
      if (this.#floors.size <= MAX_FLOORS) break;
      this.#floors.delete(oldest);
    }
  }
}
