import { PlatformError } from '../../core/errors.ts';
import type { Commit, Scope, ScopeStore, Store } from '../../core/store/port.ts';
import { memoryLeases } from './store-leases.ts';
import { memoryRegistry } from './store-registry.ts';
import { MemoryScope } from './store-scope.ts';

export interface MemoryStoreOptions {
  /** The store's clock, milliseconds since the epoch. */
  readonly now?: () => number;
  /** How long the answer to a request id is kept; 24 hours unless given. */
  readonly requestTtlMs?: number;
}

const dayMs = 24 * 60 * 60 * 1_000;

/** A store for one process. All its users share one instance; `close` changes nothing for the others. */
export function openMemoryStore({ now = Date.now, requestTtlMs = dayMs }: MemoryStoreOptions = {}): Store {
  return {
    ...memoryScopes(now, requestTtlMs),
    ...memoryRegistry(now),
    ...memoryLeases(),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function memoryScopes(now: () => number, requestTtlMs: number): ScopeStore {
  const scopes = new Map<Scope, MemoryScope>();
  const unwritten = new MemoryScope();
  const forReading = (scope: Scope): MemoryScope => scopes.get(scope) ?? unwritten;
  const forWriting = (scope: Scope): MemoryScope => {
    const found = scopes.get(scope) ?? new MemoryScope();
    scopes.set(scope, found);
    return found;
  };

  return {
    read(scope, keys) {
      const { records } = forReading(scope);
      return Promise.resolve(keys.map((key) => records.read(key)));
    },

    commit(commit) {
      const problem = unusable(commit);
      if (problem !== undefined) return Promise.reject(problem);
      return Promise.resolve(forWriting(commit.scope).records.commit(commit, now(), requestTtlMs));
    },

    replay: (scope, requestId) => Promise.resolve(forReading(scope).records.replay(requestId, now())),

    list: (scope, kind, after, limit) =>
      Promise.resolve(forReading(scope).records.list(kind, after, Math.max(1, limit))),

    changes: (scope, after, limit) =>
      Promise.resolve(forReading(scope).records.changes(after, Math.max(1, limit))),

    counters(scope, names) {
      const { counters } = forReading(scope).records;
      return Promise.resolve(names.map((name) => counters.get(name) ?? 0));
    },

    status: (scope) => Promise.resolve(forReading(scope).status),
    beginDispatch: (scope) => Promise.resolve(forWriting(scope).beginDispatch()),

    sent(scope, receivers) {
      const found = forReading(scope);
      return Promise.resolve(receivers.map((receiver) => found.sent(receiver)));
    },

    advance: (advance) => Promise.resolve(scopes.get(advance.scope)?.advance(advance) ?? false),
    marks: (scope) => Promise.resolve(forReading(scope).marks),

    reincarnate: (scope, incarnation) =>
      Promise.resolve(scopes.get(scope)?.reincarnate(incarnation) ?? false),

    putReport: (scope, report) => Promise.resolve(forWriting(scope).putReport(report)),

    renewReport: (scope, report) => Promise.resolve(scopes.get(scope)?.renewReport(report)),

    reports(scope, reporters) {
      const found = forReading(scope);
      return Promise.resolve(reporters.map((reporter) => found.report(reporter)));
    },

    forgetReport(scope, reporter, epoch) {
      scopes.get(scope)?.forgetReport(reporter, epoch);
      return Promise.resolve();
    },

    drop(scope) {
      scopes.delete(scope);
      return Promise.resolve();
    },
  };
}

function unusable({ counters }: Commit): PlatformError | undefined {
  const amounts = [...(counters?.values() ?? [])];
  return amounts.every((amount) => Number.isSafeInteger(amount))
    ? undefined
    : new PlatformError('invalid_argument', 'counters: amounts must be integers');
}
