import type { Clock } from '../core/clock.ts';
import { decodeFanOutBody, decodeFanOutHeader } from '../core/codec/fan-out.ts';
import type { FanOutHeader } from '../core/codec/fan-out.ts';
import { PlatformError, invalid } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { DeadLetters } from '../core/messaging/dead-letters.ts';
import type { IncomingMessage } from '../core/messaging/port.ts';
import { keys } from '../core/model/keys.ts';
import type { Lane } from '../core/model/resources.ts';
import type { Entry } from '../core/model/view.ts';
import type { Scope } from '../core/store/port.ts';
import type { Arrivals } from './arrivals.ts';
import { parseLane } from './assignment.ts';
import type { Delays } from './delays.ts';
import type { Memberships } from './memberships.ts';
import type { Counters } from './ports.ts';
import { RangeParts } from './range-parts.ts';
import type { Reminders } from './reminders.ts';
import type { Replicas } from './replicas.ts';
import { UNDECODABLE } from './state.ts';
import type { HostState } from './state.ts';

/** Readers of fan-out lanes, one for each scope. */
export interface Readers {
  /** Changes nothing where there is one, or attempts are made, already. */
  readAlong(scope: Scope, lane: Lane): void;
  stopReading(scope: Scope): void;
}

export interface ReadAlongDeps {
  readonly hostId: string;
  readonly state: HostState;
  readonly replicas: Replicas;
  readonly memberships: Pick<Memberships, 'want'>;
  readonly arrivals: Arrivals;
  readonly reminders: Reminders;
  readonly readers: Readers;
  readonly deadLetters: DeadLetters;
  readonly delays: Delays;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a range may be early: what comes before it travels another way, and may take longer. */
const EARLY_MS = 2_000;

type Range = Pick<FanOutHeader, 'scope' | 'incarnation' | 'from'>;

/**
 * What a host of a large VPC reads beside all others, instead of getting a copy. Which of the two brings a range does not
 * matter, but while a VPC changes from one to the other they can overtake each other, so each waits a little for the other.
 *
 * A reader gets nothing of what was published before it stood. So each time that it has come to stand the host says so,
 * again and again, until it is sent what it lacks; until then the sender counts on copies.
 */
export class ReadAlong {
  readonly #deps: ReadAlongDeps;
  /** Revision of the lane that each scope reads, or attempts to. */
  readonly #lanes = new Map<Scope, number>();
  readonly #parts = new RangeParts();
  #isDraining = false;
  /** Not that of an earlier process, which may still be answered. */
  #nextTail: number;

  constructor(deps: ReadAlongDeps) {
    this.#deps = deps;
    this.#nextTail = deps.clock();
  }

  /** Reads where the scopes that are held say so. */
  listen(): void {
    for (const scope of this.#deps.state.held.keys()) this.follow(scope);
  }

  /** The scope has changed. */
  follow(scope: Scope): void {
    const entry = this.#deps.state.held.get(scope)?.replica.entries.get(keys.fanOutLane);
    const lane = entry && parseLane(entry);
    if (this.#lanes.has(scope) && this.#lanes.get(scope) !== entry?.revision) this.#stop(scope);
    if (entry === undefined || lane === undefined) return;
    this.#lanes.set(scope, entry.revision);
    this.#deps.readers.readAlong(scope, lane);
  }

  /** A reader of the scope stands, or stands anew: from now on the host gets what is published. */
  attached(scope: Scope): void {
    const { state, reminders, replicas } = this.#deps;
    const lane = this.#lanes.get(scope);
    if (lane === undefined) return;
    state.reading.set(scope, lane);
    state.tails.set(scope, this.#nextTail++);
    reminders.clear(keyOf(scope));
    reminders.set(keyOf(scope), () => {
      replicas.report(scope);
    });
  }

  /** The host was sent what it lacked. An answer to what it asked before, by an earlier reader, says nothing. */
  answered(scope: Scope, tail: number): void {
    const { state, reminders, replicas } = this.#deps;
    if (state.tails.get(scope) !== tail) return;
    state.tails.delete(scope);
    reminders.clear(keyOf(scope));
    replicas.report(scope, false);
  }

  /** Resolves when a copy is next, as far as what comes before it is under way. */
  async preceded(range: Range): Promise<void> {
    // The snapshot that was asked for lies behind it in the slot.
    if (this.#isEarly(range) && !this.#isWanted(range.scope)) await this.#wait(range);
  }

  async receive(message: IncomingMessage, scope: Scope): Promise<void> {
    const { hostId, replicas, counters } = this.#deps;
    // Whoever does not read any more is sent copies.
    if (this.#leaves() || !this.#lanes.has(scope)) return;
    let header: FanOutHeader;
    let entries: Entry[] | undefined;
    try {
      header = decodeFanOutHeader(message.properties);
      if (header.scope !== scope) throw invalid('scope', `${header.scope} on the lane of ${scope}`);
      if (this.#isKnown(header)) {
        this.#parts.forget(scope);
        counters.stale++;
        return;
      }
      entries = this.#parts.add(header, decodeFanOutBody(message.payload, hostId));
    } catch (error) {
      this.#poison(message, scope, error);
      return;
    }
    if (entries === undefined) return;
    const whole = entries;
    await this.#untilNext(header);
    if (!this.#leaves()) await replicas.inTurn(scope, () => this.#take(header, whole, message));
  }

  /** From now on messages are left alone. */
  drain(): void {
    this.#isDraining = true;
  }

  /** A method, since it may change while something is awaited. */
  #leaves(): boolean {
    return this.#isDraining;
  }

  /** What the host has asked for comes in its slot and not behind the range, so it is waited for however long it takes. */
  async #untilNext(range: Range): Promise<void> {
    while (this.#isEarly(range)) {
      await this.#wait(range);
      if (this.#leaves() || !(this.#isWanted(range.scope) || this.#deps.state.tails.has(range.scope))) return;
    }
  }

  #wait({ scope, from }: Range): Promise<void> {
    return this.#deps.arrivals.wait(scope, from, EARLY_MS);
  }

  #isEarly({ scope, incarnation, from }: Range): boolean {
    const replica = this.#deps.state.held.get(scope)?.replica;
    return this.#lanes.has(scope) && replica?.incarnation === incarnation && replica.revision < from;
  }

  #isWanted(scope: Scope): boolean {
    return this.#deps.state.held.get(scope)?.wanted !== undefined;
  }

  async #take(header: FanOutHeader, entries: readonly Entry[], { sentAtMs }: IncomingMessage): Promise<void> {
    const { hostId: host, state, replicas, counters, memberships } = this.#deps;
    const { scope } = header;
    const replica = state.held.get(scope)?.replica;
    // It may have left since, or lack its snapshot: then this says nothing to it.
    if (replica === undefined || replica.incarnation === 0) return;
    const { epoch } = replica;
    const range = { kind: 'changes', ...header, part: 0, parts: 1, host, epoch, ask: false } as const;
    const outcome = await replicas.changes(range, entries);
    if (outcome === 'applied') this.#deps.delays.note(header, sentAtMs);
    if (outcome === 'stale') counters.stale++;
    if (outcome !== 'gap') return;
    counters.gaps++;
    this.#deps.logger.info('a gap', { scope, from: header.from, revision: replica.revision });
    memberships.want(scope, epoch);
  }

  #isKnown({ scope, incarnation, to }: FanOutHeader): boolean {
    const replica = this.#deps.state.held.get(scope)?.replica;
    return replica?.incarnation === incarnation && to <= replica.revision;
  }

  #stop(scope: Scope): void {
    const { state, reminders, readers, replicas, arrivals } = this.#deps;
    this.#lanes.delete(scope);
    this.#parts.forget(scope);
    state.reading.delete(scope);
    state.tails.delete(scope);
    reminders.clear(keyOf(scope));
    readers.stopReading(scope);
    // Nothing comes any more.
    if (!state.held.has(scope)) arrivals.reached(scope, Infinity);
    replicas.report(scope, false);
  }

  /** A message that cannot be understood must not stop those behind it; a snapshot makes up for what it said. */
  #poison(message: IncomingMessage, scope: Scope, error: unknown): void {
    const { state, counters, memberships, deadLetters, logger } = this.#deps;
    counters.poison++;
    const reason = PlatformError.from(error).message;
    logger.error('a message cannot be understood', { lane: `fan-out ${scope}`, error });
    deadLetters.put({ lane: `fan-out ${scope}`, message, error });
    const replica = state.held.get(scope)?.replica;
    if (replica === undefined) return;
    memberships.want(scope, replica.epoch, { key: UNDECODABLE, revision: replica.revision, reason });
  }
}

function keyOf(scope: Scope): string {
  return `tail ${scope}`;
}
