import type { Clock } from '../core/clock.ts';
import { MAX_FAILURES, encodeReport } from '../core/codec/report.ts';
import type { LeftReport, ScopeReport } from '../core/codec/report.ts';
import type { Logger } from '../core/logger.ts';
import type { Scope } from '../core/store/port.ts';
import type { After, Backoff, Counters } from './ports.ts';

export interface ReporterDeps {
  readonly host: string;
  /** Hands a report to the bus; resolves when the bus has it durably. */
  send(payload: Buffer): Promise<void>;
  readonly clock: Clock;
  readonly after: After;
  readonly logger: Logger;
  readonly counters: Counters;
}

export interface ReporterOptions {
  /** Least time between two reports when somebody waits for what the later one says. */
  readonly windowMs: number;
  /**
   * The same when nobody does: the longer it is, the more goes into one report on a busy host. Such a report also waits
   * for a part of it, drawn by lot, or all hosts of a large VPC would report each change at the same moment.
   */
  readonly coalesceMs: number;
  readonly heartbeatMs: number;
  readonly retry: Backoff;
}

/** Scopes and failures together; keeps a report far from the broker's limit. */
const MAX_ITEMS = 1_000;

/**
 * Scopes in each heartbeat that are said again, so that nothing stays lost: 50 scopes take seven heartbeats. With eight
 * scopes a heartbeat has 1.4 kB, 140 bytes a second.
 */
const REPEATS = 8;

/**
 * Tells the control service how far the host is. What happens within a window goes into one message, with the newest of
 * each scope only; so whatever is kept while the bus is away is bounded by the number of scopes. The window is short
 * after what somebody waits for: a port of this host, a failure, a membership. All else may wait for company.
 *
 * Whoever took a report may lose what it meant to do because of it. So every heartbeat repeats some scopes, those first
 * whose report was asked for since the last one, then those not reported for longest. On a busy host it goes along with
 * what there is to say.
 */
export class Reporter {
  readonly #deps: ReporterDeps;
  readonly #options: ReporterOptions;
  readonly #scopes = new Map<string, ScopeReport>();
  readonly #left = new Map<string, LeftReport>();
  /** What was last to be said of each scope; the one not sent for longest is first. */
  readonly #latest = new Map<Scope, ScopeReport>();
  readonly #asked = new Set<Scope>();
  #state: 'stopped' | 'running' | 'closed' = 'stopped';
  #sending: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  /** When the timer of a window rings; undefined = the timer is that of the heartbeat, or there is none. */
  #dueMs: number | undefined;
  #isUrgent = false;
  #failures = 0;
  #lastSentMs = -Infinity;
  #heartbeatDueMs = -Infinity;

  constructor(deps: ReporterDeps, options: ReporterOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Until then reports are only collected. Sends one at once, even with nothing to say. */
  start(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    this.#sending ??= this.#send();
  }

  note(report: ScopeReport, urgent: boolean): void {
    this.#scopes.set(keyOf(report), report);
    this.#latest.set(report.scope, report);
    this.#isUrgent ||= urgent;
    // Nobody's window depends on what a host reads along, so the next heartbeat is early enough.
    if (urgent || report.reading === undefined) this.#schedule();
  }

  /** Somebody waits for a report of the scope, and goes on waiting if it is lost. */
  asked(scope: Scope): void {
    this.#asked.add(scope);
  }

  left(report: LeftReport): void {
    this.#left.set(keyOf(report), report);
    this.#isUrgent = true;
    this.#schedule();
  }

  /** Nothing is said of the scope any more, but that it was left. */
  forget(scope: Scope): void {
    for (const [key, report] of this.#scopes) if (report.scope === scope) this.#scopes.delete(key);
    this.#latest.delete(scope);
    this.#asked.delete(scope);
  }

  /** Resolves when the bus has taken a report or refused it: the one under way, or one that may have nothing to say. */
  async beat(): Promise<void> {
    if (this.#state !== 'running') return;
    await (this.#sending ??= this.#send(true));
  }

  /** One attempt to send what there is. */
  async flush(): Promise<void> {
    await this.#sending;
    if (this.#state === 'running' && this.#pending) await (this.#sending = this.#send());
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#cancel?.();
    await this.#sending;
  }

  get #pending(): boolean {
    return this.#scopes.size + this.#left.size > 0;
  }

  #schedule(): void {
    if (this.#state !== 'running' || this.#sending !== undefined || this.#failures > 0) return;
    const { windowMs, coalesceMs } = this.#options;
    const nowMs = performance.now();
    const dueMs = this.#isUrgent
      ? this.#lastSentMs + windowMs
      : Math.max(this.#lastSentMs + coalesceMs, nowMs + Math.random() * coalesceMs);
    if (dueMs <= nowMs) this.#sending = this.#send();
    else if (this.#dueMs === undefined || dueMs < this.#dueMs) {
      this.#arm(dueMs - nowMs);
      this.#dueMs = dueMs;
    }
  }

  async #send(always = false): Promise<void> {
    this.#cancel?.();
    // One turn later: what is said in the same one goes along.
    await Promise.resolve();
    const scopes = take(this.#scopes, itemsOf);
    const left = take(this.#left, () => 1);
    this.#isUrgent = this.#pending;
    const nowMs = performance.now();
    // Whoever asks now and then brings the heartbeats forward, and does not add to them.
    const earlyMs = always ? this.#options.heartbeatMs / 2 : 0;
    const isHeartbeat = nowMs >= this.#heartbeatDueMs - earlyMs;
    if (scopes.size + left.size > 0 || isHeartbeat || always) {
      const { host, clock, counters, logger } = this.#deps;
      const repeats = isHeartbeat ? this.#repeats(scopes) : [];
      const said = [...scopes.values(), ...repeats];
      this.#lastSentMs = nowMs;
      try {
        await this.#deps.send(
          encodeReport({ host, sentAtMs: clock(), scopes: said, left: [...left.values()] }),
        );
        counters.reports++;
        this.#failures = 0;
        this.#putLast(said);
        for (const { scope } of repeats) this.#asked.delete(scope);
        if (isHeartbeat)
          this.#heartbeatDueMs = nowMs + this.#options.heartbeatMs * (0.9 + Math.random() / 10);
      } catch (error) {
        if (this.#failures++ === 0) logger.warn('a report was not sent', { error });
        putBack(this.#scopes, scopes);
        putBack(this.#left, left);
      }
    }
    this.#sending = undefined;
    if (this.#failures > 0) {
      const { baseMs, maxMs } = this.#options.retry;
      this.#arm(Math.min(maxMs, baseMs * 2 ** (this.#failures - 1)));
    } else if (this.#pending) {
      this.#dueMs = undefined;
      this.#schedule();
    } else this.#arm(this.#heartbeatDueMs - performance.now());
  }

  /** What a heartbeat says again, beside what there is to say. */
  #repeats(said: ReadonlyMap<string, ScopeReport>): ScopeReport[] {
    const repeats: ScopeReport[] = [];
    let items = [...said.values()].reduce((sum, report) => sum + itemsOf(report), 0);
    for (const scope of new Set([...this.#asked, ...this.#latest.keys()])) {
      const report = this.#latest.get(scope);
      if (report === undefined || said.has(keyOf(report))) continue;
      items += itemsOf(report);
      if (repeats.length === REPEATS || (items > MAX_ITEMS && said.size + repeats.length > 0)) break;
      repeats.push(report);
    }
    return repeats;
  }

  /** In the order of the repeats. */
  #putLast(said: readonly ScopeReport[]): void {
    for (const { scope } of said) {
      const latest = this.#latest.get(scope);
      if (latest === undefined) continue;
      this.#latest.delete(scope);
      this.#latest.set(scope, latest);
    }
  }

  #arm(ms: number): void {
    this.#cancel?.();
    this.#dueMs = undefined;
    if (this.#state !== 'running') return;
    this.#cancel = this.#deps.after(Math.max(1, Math.ceil(ms)), () => {
      this.#sending ??= this.#send();
    });
  }
}

function keyOf({ scope, epoch }: ScopeReport | LeftReport): string {
  return `${scope} ${epoch}`;
}

function itemsOf({ failures }: ScopeReport): number {
  return 1 + Math.min(failures.length, MAX_FAILURES);
}

/** One item at least, however many it counts for. */
function take<T>(from: Map<string, T>, countOf: (item: T) => number): Map<string, T> {
  const taken = new Map<string, T>();
  let count = 0;
  for (const [key, item] of from) {
    count += countOf(item);
    if (taken.size > 0 && count > MAX_ITEMS) break;
    taken.set(key, item);
    from.delete(key);
  }
  return taken;
}

/** What was said since is newer. */
function putBack<T>(into: Map<string, T>, items: ReadonlyMap<string, T>): void {
  for (const [key, item] of items) if (!into.has(key)) into.set(key, item);
}
