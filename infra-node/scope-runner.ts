import type { Clock } from '../core/clock.ts';
import { timed } from '../core/codec/properties.ts';
import type { Work } from '../core/codec/work.ts';
import type { Logger } from '../core/logger.ts';
import type { IncomingMessage } from '../core/messaging/port.ts';
import { pause, retry } from '../core/retry.ts';
import type { Scope } from '../core/store/port.ts';
import { Places } from './places.ts';
import type { Demand } from './resyncs.ts';

/** What work came in by; `sentAtMs` of a dispatch is about when its change was committed. */
export type WorkMessage = Pick<IncomingMessage, 'ack'> & Partial<Pick<IncomingMessage, 'sentAtMs'>>;

interface Task {
  readonly work: Work;
  readonly message: WorkMessage;
}

interface AtHand {
  /** For the next run. */
  readonly pending: Task[];
  /** Tasks that are not acknowledged, those of the present run included. */
  held: number;
  /** When the last run began, by our clock: what was committed before then is done. */
  doneMs: number;
  /** Ends the rest that the scope is taking. */
  wake?: () => void;
  done: Promise<void>;
}

export interface ScopeRunnerOptions {
  readonly run: (scope: Scope, demand: Demand) => Promise<void>;
  /** How long to leave the scope alone after a run, so that what is not urgent travels together; default 0. */
  readonly restMs?: (scope: Scope) => number;
  /** Scopes that run at a time. */
  readonly inFlight: number;
  /** Scopes at hand, waiting ones included, above which `add` waits. */
  readonly queued: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onFailure: () => void;
  readonly onMerged: (messages: number) => void;
}

/** Messages that one scope may leave unacknowledged: the broker limits them for the consumer as a whole. */
const HELD_PER_SCOPE = 500;

/**
 * Runs each scope by itself. What arrives for a scope while it runs is taken together by the next run, and is
 * acknowledged when a run that began after it has succeeded. A run that fails is repeated without holding up others.
 */
export class ScopeRunner {
  readonly #options: ScopeRunnerOptions;
  readonly #places: Places;
  readonly #scopes = new Map<Scope, AtHand>();
  readonly #waiting: (() => void)[] = [];
  readonly #stop = new AbortController();

  constructor(options: ScopeRunnerOptions) {
    this.#options = options;
    this.#places = new Places(options.inFlight);
  }

  /** Scopes at hand, waiting ones included. */
  get size(): number {
    return this.#scopes.size;
  }

  /** Resolves when the work is taken in, which waits while there is too much at hand; not when it is done. */
  async add(work: Work, message: WorkMessage): Promise<void> {
    while (!this.#stop.signal.aborted && this.#isFull(work.scope)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#stop.signal.aborted) return;
    let atHand = this.#scopes.get(work.scope);
    if (atHand !== undefined && atHand.held >= HELD_PER_SCOPE && isCovered(work, atHand.pending)) {
      await message.ack();
      return;
    }
    const isNew = atHand === undefined;
    if (atHand === undefined) {
      atHand = { pending: [], held: 0, doneMs: -Infinity, done: Promise.resolve() };
      this.#scopes.set(work.scope, atHand);
    }
    atHand.pending.push({ work, message });
    if (isPressing(work)) atHand.wake?.();
    atHand.held++;
    if (isNew) atHand.done = this.#serve(work.scope, atHand);
  }

  /** Lets runs finish and begins none. What was not done stays unacknowledged and comes again, here or elsewhere. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the node stops'));
    this.#wakeWaiting();
    await Promise.all([...this.#scopes.values()].map(({ done }) => done));
  }

  async #serve(scope: Scope, atHand: AtHand): Promise<void> {
    try {
      while (atHand.pending.length > 0) {
        const served = await this.#runUntilDone(scope, atHand);
        await this.#acknowledge(scope, served);
        atHand.held -= served.length;
        await this.#rest(scope, atHand);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#options.logger.error('a scope was given up', { scope, error });
    }
    this.#scopes.delete(scope);
    this.#wakeWaiting();
  }

  async #rest(scope: Scope, atHand: AtHand): Promise<void> {
    const ms = this.#options.restMs?.(scope) ?? 0;
    const { signal } = this.#stop;
    if (ms <= 0 || signal.aborted || atHand.pending.some(({ work }) => isPressing(work))) return;
    const woken = new AbortController();
    atHand.wake = () => {
      woken.abort();
    };
    await pause(ms, AbortSignal.any([signal, woken.signal])).catch(() => undefined);
    delete atHand.wake;
  }

  #isFull(scope: Scope): boolean {
    return !this.#scopes.has(scope) && this.#scopes.size >= this.#options.queued;
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Answers with what the successful run has served. */
  async #runUntilDone(scope: Scope, atHand: AtHand): Promise<Task[]> {
    const taken: Task[] = [];
    const attempt = async (): Promise<void> => {
      // Held while it runs, not while it waits to be repeated.
      const release = await this.#places.take();
      try {
        this.#stop.signal.throwIfAborted();
        taken.push(...atHand.pending.splice(0));
        const beganMs = this.#options.clock();
        await this.#run(scope, demandOf(taken, atHand.doneMs));
        atHand.doneMs = beganMs;
      } finally {
        release();
      }
    };
    await retry(attempt, { signal: this.#stop.signal, attempts: Infinity, retryIf: () => true });
    return taken;
  }

  async #run(scope: Scope, demand: Demand): Promise<void> {
    try {
      await this.#options.run(scope, demand);
    } catch (error) {
      this.#options.onFailure();
      this.#options.logger.warn('a dispatch failed and will be repeated', { scope, error });
      throw error;
    }
  }

  async #acknowledge(scope: Scope, served: readonly Task[]): Promise<void> {
    this.#options.onMerged(served.length - 1);
    const results = await Promise.allSettled(served.map(({ message }) => message.ack()));
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      // It comes again and finds nothing to do.
      this.#options.logger.debug('work was done but not acknowledged', { scope, error: result.reason });
    }
  }
}

/** Nobody waits for a plain change more than for any other. */
function isPressing(work: Work): boolean {
  return work.kind !== 'dispatch' || work.urgent === true;
}

/** What waits for the next run asks for the same. */
function isCovered(work: Work, pending: readonly Task[]): boolean {
  switch (work.kind) {
    case 'dispatch':
      return pending.length > 0;
    case 'resume':
      return pending.some((task) => task.work.kind === 'resume');
    case 'resync':
    case 'tail':
      return false;
  }
}

function demandOf(tasks: readonly Task[], doneMs: number): Demand {
  const resyncs = new Map<string, number>();
  const tails = new Map<string, { epoch: number; tail: number }>();
  let resume = false;
  let oldestMs = Infinity;
  for (const { work, message } of tasks) {
    if (work.kind === 'dispatch') oldestMs = Math.min(oldestMs, message.sentAtMs ?? Infinity);
    if (work.kind === 'resync') resyncs.set(work.host, Math.max(work.epoch, resyncs.get(work.host) ?? 0));
    // The last one asked counts: whoever asked before does not wait any more.
    if (work.kind === 'tail') tails.set(work.host, work);
    resume ||= work.kind === 'resume';
  }
  return {
    resyncs,
    tails,
    resume,
    ...timed(oldestMs === Infinity ? undefined : Math.round(Math.max(oldestMs, doneMs))),
  };
}
