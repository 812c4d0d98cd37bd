import type { ScopeReport } from '../core/codec/report.ts';
import { PlatformError } from '../core/errors.ts';
import { DeadLetters } from '../core/messaging/dead-letters.ts';
import { scopes, splitScope } from '../core/model/keys.ts';
import type { Entry } from '../core/model/view.ts';
import type { RecordKey, Scope } from '../core/store/port.ts';
import { Acknowledger } from './acknowledger.ts';
import { Arrivals } from './arrivals.ts';
import type { Journal } from './journal/journal.ts';
import { Delays } from './delays.ts';
import { Memberships } from './memberships.ts';
import { newCounters } from './ports.ts';
import type { After, AgentDeps, AgentOptions, Counters } from './ports.ts';
import type { Registration } from './registration.ts';
import { PublicResources } from './public-resources.ts';
import { ReadAlong } from './read-along.ts';
import { Receiver } from './receiver.ts';
import { Reminders } from './reminders.ts';
import { Replicas } from './replicas.ts';
import { Reporter } from './reporter.ts';
import { SnapshotParts } from './snapshot-parts.ts';
import { HostState } from './state.ts';
import { Uplink, isSame } from './uplink.ts';

/** How the agent stands with the control service and the broker. Times are of the agent's clock. */
export interface UplinkStatus {
  /** Undefined until the control service has answered for the first time, at this start or an earlier one. */
  readonly registration: Registration | undefined;
  /** When it answered, since the start. */
  readonly registeredAtMs: number | undefined;
  /** To the host's own lane. */
  readonly isListening: boolean;
  /** When the broker took the last report, since the start. */
  readonly reportedAtMs: number | undefined;
}

/** A running agent. What it shows is in memory; the disk follows within one sync. */
export interface Agent {
  readonly hostId: string;
  readonly counters: Readonly<Counters>;
  readonly deadLetters: Pick<DeadLetters, 'counts'>;
  /** Resolves when the agent listens on the host's lane; rejects when it is closed before. */
  ready(): Promise<void>;
  /** What the host holds of a VPC; undefined while it has had no snapshot. */
  view(vpcId: string): ReadonlyMap<RecordKey, Entry> | undefined;
  /** VPCs that the host holds something of. */
  vpcs(): string[];
  /** Assignments and configuration of the host itself. */
  hostEntries(): ReadonlyMap<RecordKey, Entry>;
  /** What the host holds of a scope, whichever it is. */
  entries(scope: Scope): ReadonlyMap<RecordKey, Entry>;
  /** What the agent would report of every scope now. */
  scopes(): ScopeReport[];
  /** Assignments, `<vpc>/<epoch>`, whose slot it listens to. */
  listening(): string[];
  /** VPCs whose fan-out lane it reads. */
  readingAlong(): string[];
  uplink(): UplinkStatus;
  /** Resolves when the broker has taken a report or refused it; sends one if none is under way. */
  beat(): Promise<void>;
  /** Finishes and acknowledges what has arrived, reports it, then closes. */
  drain(): Promise<void>;
  /** Stops at once. What is not durable yet comes again at the next start. */
  close(): Promise<void>;
}

/**
 * Starts from what is on disk and resolves; everything that needs others goes on in the background for as long as it
 * takes. Throws what the journal throws.
 */
export async function startAgent(deps: AgentDeps, options: AgentOptions): Promise<Agent> {
  const state = new HostState();
  const { journal, effects, cut } = await deps.openJournal(() => state.effects());
  for (const effect of effects) state.apply(effect);
  const own = scopes.host(options.host.id);
  const stranger = [...state.held.keys()].find((scope) => splitScope(scope).kind === 'host' && scope !== own);
  if (stranger !== undefined) {
    await journal.close();
    throw new PlatformError('failed_precondition', `the state on disk is that of ${stranger}, not ${own}`);
  }
  const agent = new RunningAgent(deps, options, state, journal);
  agent.start(cut);
  return agent;
}

class RunningAgent implements Agent {
  readonly hostId: string;
  readonly counters = newCounters();
  readonly deadLetters: DeadLetters;
  readonly #state: HostState;
  readonly #journal: Journal;
  readonly #uplink: Uplink;
  readonly #reminders: Reminders;
  readonly #reporter: Reporter;
  readonly #replicas: Replicas;
  readonly #acknowledger: Acknowledger;
  readonly #memberships: Memberships;
  readonly #receiver: Receiver;
  readonly #readAlong: ReadAlong;
  readonly #arrivals: Arrivals;
  readonly #public: PublicResources;
  readonly #ready: Deferred = defer();
  #closing: Promise<void> | undefined;
  #registeredAtMs: number | undefined;
  #reportedAtMs: number | undefined;

  constructor(deps: AgentDeps, options: AgentOptions, state: HostState, journal: Journal) {
    const { clock, dataPlane, after = byTimeout } = deps;
    const { events = {}, retry = { baseMs: 50, maxMs: 5_000 } } = options;
    const { repeat = { baseMs: 2_000, maxMs: 60_000 }, reportWindowMs = 20, heartbeatMs = 10_000 } = options;
    const { reportCoalesceMs = 1_000 } = options;
    const { snapshotGraceMs = 5_000, confirmGraceMs = 30_000 } = options;
    const { counters } = this;
    const hostId = options.host.id;
    const logger = deps.logger.child({ host: hostId });
    const parts = new SnapshotParts();
    this.hostId = hostId;
    this.#state = state;
    this.#journal = journal;
    const slots = new Uplink(deps, options, retry, logger, {
      registration: () => state.registration,
      registered: (registration) => {
        this.#registeredAtMs = clock();
        this.#follow(registration);
      },
      listening: this.#ready.resolve,
      rewound: (lane) => parts.forgetLane(lane),
      received: (message, origin) => this.#receiver.receive(message, origin),
      receivedPublic: (message, kind) => this.#public.receive(message, kind),
      readAlong: (message, scope) => this.#readAlong.receive(message, scope),
      attached: (scope) => {
        this.#readAlong.attached(scope);
      },
    });
    const send = async (payload: Buffer): Promise<void> => {
      await slots.sendReport(payload);
      this.#reportedAtMs = clock();
    };
    const reporter = new Reporter(
      { host: hostId, send, clock, after, logger, counters },
      { windowMs: reportWindowMs, coalesceMs: reportCoalesceMs, heartbeatMs, retry },
    );
    const reminders = new Reminders(after, repeat);
    const arrivals = new Arrivals(after);
    const onLaneChanged = (scope: Scope): void => {
      this.#readAlong.follow(scope);
    };
    const what = { state, journal, dataPlane, reporter };
    const replicas = new Replicas({ ...what, counters, events, arrivals, onLaneChanged, logger });
    const acknowledger = new Acknowledger(() => replicas.durable(), logger);
    const deadLetters = new DeadLetters({
      ...{ reporter: hostId, clock, logger, lanes: ['host', 'slot', 'fan-out', 'public'] },
      send: (message) => slots.sendDeadLetter(message),
    });
    const shared = { hostId, state, replicas, logger };
    const memberships = new Memberships({
      ...shared,
      reporter,
      reminders,
      slots,
      snapshotGraceMs,
      confirmGraceMs,
    });
    this.#uplink = slots;
    this.#reporter = reporter;
    this.#reminders = reminders;
    this.#replicas = replicas;
    this.#acknowledger = acknowledger;
    this.#memberships = memberships;
    const delays = new Delays({ clock, durable: () => replicas.durable(), onDelay: events.onDelay });
    const intake = { acknowledger, deadLetters, delays, counters };
    const readAlong = new ReadAlong({
      ...shared,
      ...intake,
      clock,
      memberships,
      arrivals,
      reminders,
      readers: slots,
    });
    this.#arrivals = arrivals;
    this.deadLetters = deadLetters;
    this.#readAlong = readAlong;
    this.#receiver = new Receiver({ ...shared, ...intake, memberships, readAlong, parts });
    this.#public = new PublicResources({ ...intake, replicas, logger });
  }

  start(cut: boolean): void {
    // What was lost may have been acknowledged, so nobody else would notice.
    if (cut) {
      for (const [scope, { replica }] of this.#state.held) {
        if (splitScope(scope).kind !== 'public') this.#memberships.want(scope, replica.epoch);
      }
    }
    // Before it listens: what comes in for a scope has to wait for its offer.
    this.#replicas.offer();
    this.#memberships.resume();
    this.#readAlong.listen();
    for (const scope of this.#state.held.keys()) this.#replicas.report(scope);
    if (this.#state.registration !== undefined) this.#follow(this.#state.registration);
    this.#uplink.register();
  }

  ready(): Promise<void> {
    return this.#ready.promise;
  }

  view(vpcId: string): ReadonlyMap<RecordKey, Entry> | undefined {
    const replica = this.#state.held.get(scopes.vpc(vpcId))?.replica;
    return replica === undefined || replica.incarnation === 0 ? undefined : replica.entries;
  }

  vpcs(): string[] {
    const held = [...this.#state.held.keys()].map((scope) => splitScope(scope));
    return held.flatMap(({ kind, id }) => (kind === 'vpc' && this.view(id) !== undefined ? [id] : []));
  }

  hostEntries(): ReadonlyMap<RecordKey, Entry> {
    return this.entries(scopes.host(this.hostId));
  }

  entries(scope: Scope): ReadonlyMap<RecordKey, Entry> {
    return this.#state.held.get(scope)?.replica.entries ?? new Map<RecordKey, Entry>();
  }

  scopes(): ScopeReport[] {
    return [...this.#state.held.keys()].flatMap((scope) => this.#state.report(scope) ?? []);
  }

  listening(): string[] {
    return this.#uplink.wanted().filter((id) => this.#uplink.isListening(id));
  }

  readingAlong(): string[] {
    return [...this.#state.reading.keys()].map((scope) => splitScope(scope).id);
  }

  uplink(): UplinkStatus {
    return {
      registration: this.#state.registration,
      registeredAtMs: this.#registeredAtMs,
      isListening: this.#uplink.isListeningToHostLane(),
      reportedAtMs: this.#reportedAtMs,
    };
  }

  beat(): Promise<void> {
    return this.#reporter.beat();
  }

  async drain(): Promise<void> {
    this.#stopIntake();
    await this.#replicas.idle();
    await this.#acknowledger.idle();
    await this.#reporter.flush();
    await this.close();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopIntake();
    this.#ready.reject(new PlatformError('cancelled', 'the agent is closed'));
    this.#reminders.stop();
    // A subscription that has only just come to stand may have brought something already.
    const idle = this.#replicas.idle();
    await Promise.all([idle, this.#reporter.close(), this.#uplink.close(), this.#journal.close()]);
  }

  #stopIntake(): void {
    this.#replicas.stopOffering();
    this.#receiver.drain();
    this.#readAlong.drain();
    this.#arrivals.stop();
    this.#public.drain();
  }

  /** Takes up a registration, cached or new. */
  #follow(registration: Registration): void {
    const before = this.#state.registration;
    if (!isSame(before, registration)) this.#replicas.commit([{ kind: 'registration', registration }]);
    const { lane } = registration;
    const scope = scopes.host(this.hostId);
    const replica = this.#state.held.get(scope)?.replica;
    if (replica === undefined || replica.epoch < lane.epoch) this.#memberships.want(scope, lane.epoch);
    this.#uplink.follow(before, registration);
    this.#memberships.listen();
    this.#readAlong.listen();
    this.#reporter.start();
  }
}

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

function defer(): Deferred {
  let resolve: () => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<void>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  // It is no error if nobody waits.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

const byTimeout: After = (ms, call) => {
  const timer = setTimeout(call, ms);
  return () => {
    clearTimeout(timer);
  };
};
