import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChangesHeader, SnapshotHeader } from '../core/codec/envelope.ts';
import type { Failure } from '../core/codec/report.ts';
import type { Logger } from '../core/logger.ts';
import { keys, splitKey, splitScope } from '../core/model/keys.ts';
import { planChanges, planSnapshot } from '../core/model/replica.ts';
import type { Plan, Planned } from '../core/model/replica.ts';
import { isLocalPort, isNeighbor } from '../core/model/view.ts';
import type { Entry } from '../core/model/view.ts';
import type { RecordKey, Scope } from '../core/store/port.ts';
import type { Arrivals } from './arrivals.ts';
import { parseAssignment, parseLane } from './assignment.ts';
import type { DataPlane } from './data-plane.ts';
import type { Journal } from './journal/journal.ts';
import type { AgentEvents, Counters } from './ports.ts';
import type { Reporter } from './reporter.ts';
import type { Effect, HostState } from './state.ts';

export interface ReplicasDeps {
  readonly state: HostState;
  readonly journal: Journal;
  readonly dataPlane: DataPlane;
  readonly reporter: Reporter;
  readonly counters: Counters;
  readonly events: AgentEvents;
  readonly arrivals: Arrivals;
  /** Where the scope's changes come from has changed. */
  onLaneChanged(scope: Scope): void;
  readonly logger: Logger;
}

/** Entries that the data plane is offered at a time. */
const OFFER_PAGE = 500;

/** Changes what the host holds: first in the data plane, then in memory and on disk; said only when it is durable. */
export class Replicas {
  readonly #deps: ReplicasDeps;
  readonly #turns = new Map<Scope, Promise<unknown>>();
  #isStopped = false;

  constructor(deps: ReplicasDeps) {
    this.#deps = deps;
  }

  /** Runs steps of one scope one after the other. */
  async inTurn<T>(scope: Scope, step: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(scope) ?? Promise.resolve()).then(step);
    const settled = turn.catch(() => undefined);
    this.#turns.set(scope, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(scope) === settled) this.#turns.delete(scope);
    }
  }

  async idle(): Promise<void> {
    while (this.#turns.size > 0) await Promise.all(this.#turns.values());
  }

  /** In turn only. */
  async changes(header: ChangesHeader, entries: readonly Entry[]): Promise<Planned['outcome']> {
    const held = this.#deps.state.held.get(header.scope);
    if (held === undefined) return 'gap';
    const planned = planChanges(held.replica, header, entries);
    if (planned.outcome === 'applied') await this.#keep(header.scope, planned, false, []);
    return planned.outcome;
  }

  /** In turn only. The effects become durable together with the snapshot. */
  async snapshot(
    header: SnapshotHeader,
    entries: readonly Entry[],
    effects: readonly Effect[] = [],
  ): Promise<Planned['outcome']> {
    const { state, counters } = this.#deps;
    const { scope, epoch, incarnation, to: revision } = header;
    const { replica } = state.hold(scope, epoch);
    const planned = planSnapshot(replica, { epoch, incarnation, revision, entries });
    if (planned.outcome !== 'applied') return planned.outcome;
    counters.snapshots++;
    await this.#keep(scope, planned, true, effects);
    return planned.outcome;
  }

  /**
   * Shows the data plane all that the host holds of each scope. Messages of a scope wait for their scope only; whatever
   * else the agent does goes on between the pages.
   */
  offer(): void {
    for (const scope of this.#deps.state.held.keys()) void this.inTurn(scope, () => this.#offer(scope));
  }

  /** Leaves the rest of the offers to the next start. */
  stopOffering(): void {
    this.#isStopped = true;
  }

  /** In turn only. Forgets a scope with everything in it. */
  async drop(scope: Scope, effects: readonly Effect[]): Promise<void> {
    const { state, reporter } = this.#deps;
    const held = state.held.get(scope);
    if (held === undefined) {
      this.commit(effects);
      return;
    }
    const { revision, entries } = held.replica;
    const removed = [...entries.keys()].map((key): Entry => ({ key, revision, body: undefined }));
    await this.#program(scope, removed);
    this.commit([{ kind: 'drop', scope }, ...effects]);
    this.#deps.onLaneChanged(scope);
    reporter.forget(scope);
    this.#whenDurable(() => this.#deps.events.onApplied?.(scope, revision, removed));
  }

  /** Effects are part of the state at once and durable when `durable` resolves. */
  commit(effects: readonly Effect[]): void {
    if (effects.length === 0) return;
    for (const effect of effects) this.#deps.state.apply(effect);
    // Refused only by a closed journal: then whoever waits for `durable` learns it.
    this.#deps.journal.append(effects).catch(() => undefined);
  }

  durable(): Promise<void> {
    return this.#deps.journal.flushed();
  }

  /** Reports where the scope stands now, as soon as that is durable; urgent = somebody waits for it. */
  report(scope: Scope, urgent = true): void {
    const report = this.#deps.state.report(scope);
    if (report === undefined) return;
    this.#whenDurable(() => {
      if (this.#deps.state.held.has(scope)) this.#deps.reporter.note(report, urgent);
    });
  }

  /** The sender of what the scope gets waits to hear where it stands. */
  answer(scope: Scope): void {
    if (!this.#deps.state.held.has(scope)) return;
    this.#deps.reporter.asked(scope);
    this.report(scope);
  }

  async #offer(scope: Scope): Promise<void> {
    const held = this.#deps.state.held.get(scope);
    if (held === undefined) return;
    const entries = [...held.replica.entries.values()];
    const failed = new Map<RecordKey, Failure>();
    for (let at = 0; at < entries.length; at += OFFER_PAGE) {
      if (this.#isStopped) return;
      for (const each of await this.#program(scope, entries.slice(at, at + OFFER_PAGE)))
        failed.set(each.key, each);
      await nextTurn();
    }
    const set = entries.filter(({ key }) => held.failures.get(key)?.reason !== failed.get(key)?.reason);
    if (set.length === 0) return;
    const failures = set.flatMap(({ key }) => failed.get(key) ?? []);
    const { epoch, incarnation, revision, partial } = held.replica;
    const position = { epoch, incarnation, revision, ...(partial === undefined ? {} : { partial }) };
    this.commit([{ kind: 'scope', scope, ...position, set, removed: [], failures, complete: false }]);
    this.report(scope);
  }

  async #keep(
    scope: Scope,
    { changed, position }: Plan,
    complete: boolean,
    more: readonly Effect[],
  ): Promise<void> {
    const { state, counters, events } = this.#deps;
    const failures = await this.#program(scope, changed);
    const { epoch, incarnation, revision, partial } = position;
    const { failures: known } = state.hold(scope, epoch);
    const set = changed.filter((entry) => entry.body !== undefined);
    const removed = changed.filter((entry) => entry.body === undefined).map((entry) => entry.key);
    const before = known.size;
    this.commit([
      {
        kind: 'scope',
        scope,
        epoch,
        incarnation,
        revision,
        ...(partial === undefined ? {} : { partial }),
        set,
        removed,
        failures,
        complete,
      },
      ...more,
    ]);
    counters.applied++;
    if (partial === undefined) this.#deps.arrivals.reached(scope, revision);
    if (changed.some(({ key }) => key === keys.fanOutLane)) this.#deps.onLaneChanged(scope);
    const isNews = failures.length > 0 || known.size !== before;
    if (partial === undefined || isNews) this.report(scope, isNews || complete || isAwaited(scope, changed));
    if (events.onApplied !== undefined) {
      this.#whenDurable(() => events.onApplied?.(scope, revision, changed));
    }
  }

  async #program(scope: Scope, changed: readonly Entry[]): Promise<readonly Failure[]> {
    if (changed.length === 0) return [];
    const failures = changed.flatMap((entry): Failure[] => {
      const reason = isNeighbor(entry) ? undefined : ownDefectOf(entry);
      return reason === undefined ? [] : [{ key: entry.key, revision: entry.revision, reason }];
    });
    try {
      return [...failures, ...(await this.#deps.dataPlane.apply(scope, changed))];
    } catch (error) {
      this.#deps.logger.error('the data plane failed', { scope, error });
      const reason = error instanceof Error ? error.message : String(error);
      const failed = changed.filter((entry) => entry.body !== undefined);
      return [...failures, ...failed.map(({ key, revision }) => ({ key, revision, reason }))];
    }
  }

  #whenDurable(act: () => void): void {
    // A journal that is closed first never says so, and then nothing is to be said.
    this.durable().then(act, () => undefined);
  }
}

/** Of what the agent itself goes by. */
function ownDefectOf(entry: Entry): string | undefined {
  if (entry.body === undefined) return undefined;
  const { kind } = splitKey(entry.key);
  if (kind === 'assignment' && parseAssignment(entry) === undefined) return 'not an assignment';
  return kind === 'fan-out' && parseLane(entry) === undefined ? 'not a lane' : undefined;
}

/** Nobody waits for a neighbour or a rule on one host of many; whoever bound a port waits for that host. */
function isAwaited(scope: Scope, changed: readonly Entry[]): boolean {
  return splitScope(scope).kind !== 'vpc' || changed.some(isLocalPort);
}
