import { createHash } from 'node:crypto';
import { decodeRecord, encodeBody } from '../codec/records.ts';
import type { Decoded } from '../codec/records.ts';
import { PlatformError, invalid } from '../errors.ts';
import { splitKey } from '../model/keys.ts';
import { isUrgent } from '../model/urgency.ts';
import { pause } from '../retry.ts';
import type {
  Commit,
  CommitRequest,
  RecordKey,
  RecordWrite,
  Scope,
  ScopeStore,
  StoredRecord,
} from './port.ts';

/** A logged record travels to hosts in one message, and one that the broker refuses would hold up its whole scope. */
const MAX_RECORD_BYTES = 2_000_000;

/** What one call reads and wants to write; valid for one attempt. */
export class Transaction {
  readonly scope: Scope;
  readonly #store: ScopeStore;
  readonly #seen = new Map<RecordKey, StoredRecord>();
  readonly #writes = new Map<RecordKey, RecordWrite>();
  readonly #counters = new Map<string, number>();
  readonly #expectCounters = new Map<string, number>();
  #reads = 0;

  constructor(store: ScopeStore, scope: Scope) {
    this.#store = store;
    this.scope = scope;
  }

  /** Reads records; the commit fails if another writer changes one of them. Sees this transaction's own writes. */
  async getMany<T>(keys: readonly RecordKey[]): Promise<(Decoded<T> | undefined)[]> {
    const unseen = [...new Set(keys)].filter((key) => !this.#seen.has(key));
    if (unseen.length > 0) {
      this.#reads++;
      for (const record of await this.#store.read(this.scope, unseen)) this.#seen.set(record.key, record);
    }
    return keys.map((key) => {
      const seen = this.#seen.get(key);
      const written = this.#writes.get(key);
      const body = written === undefined ? seen?.body : written.body;
      return decodeRecord<T>({ key, revision: seen?.revision ?? 0, body });
    });
  }

  async get<T>(key: RecordKey): Promise<Decoded<T> | undefined> {
    return (await this.getMany<T>([key]))[0];
  }

  /** Writes a record; a key that was not read before is overwritten whatever it holds. */
  put(key: RecordKey, value: object | string, options: { logged: boolean } = { logged: true }): void {
    const body = encodeBody(typeof value === 'string' ? { value } : value);
    if (options.logged && Buffer.byteLength(body) > MAX_RECORD_BYTES) {
      const { kind, id } = splitKey(key);
      throw new PlatformError('resource_exhausted', `${key} would be larger than ${MAX_RECORD_BYTES} bytes`, {
        resource: { type: kind.replaceAll('-', '_'), id },
      });
    }
    this.#writes.set(key, { key, body, logged: options.logged });
  }

  remove(key: RecordKey, options: { logged: boolean } = { logged: true }): void {
    this.#writes.set(key, { key, body: undefined, logged: options.logged });
  }

  count(counter: string, delta: number): void {
    this.#counters.set(counter, (this.#counters.get(counter) ?? 0) + delta);
  }

  expectCounter(counter: string, value: number): void {
    this.#expectCounters.set(counter, value);
  }

  get empty(): boolean {
    return this.#writes.size === 0 && this.#counters.size === 0;
  }

  /** It takes something away, or tightens it; of a record that it did not read nothing is known. */
  get isUrgent(): boolean {
    return [...this.#writes.values()].some(
      ({ key, body, logged }) => logged && isUrgent(key, this.#seen.get(key)?.body, body),
    );
  }

  /** The highest revision among what was read. */
  get seenRevision(): number {
    return Math.max(0, ...[...this.#seen.values()].map((record) => record.revision));
  }

  /** True when what was read, at several moments, was never there all at once, or is not there any more. */
  async isOutdated(): Promise<boolean> {
    if (this.#reads < 2) return false;
    const records = await this.#store.read(this.scope, [...this.#seen.keys()]);
    return records.some(({ key, revision }) => this.#seen.get(key)?.revision !== revision);
  }

  toCommit(request: CommitRequest | undefined): Commit {
    return {
      scope: this.scope,
      expect: new Map([...this.#seen].map(([key, record]) => [key, record.revision])),
      expectCounters: this.#expectCounters,
      writes: [...this.#writes.values()],
      counters: this.#counters,
      ...(request === undefined ? {} : { request }),
    };
  }
}

export interface RequestIdentity {
  /** '' = none. */
  readonly id: string;
  readonly fingerprint: string;
}

/** Identifies a call for idempotence: by its id, and by a digest of everything else in it. */
export function identify(method: string, request: { readonly requestId: string }): RequestIdentity {
  const { requestId, ...contents } = request;
  const fingerprint = createHash('sha256')
    .update(method)
    .update(JSON.stringify(contents))
    .digest('base64url');
  return { id: requestId, fingerprint };
}

export interface Committed<T> {
  readonly result: T;
  /** Revision of the commit; for a transaction that wrote nothing, the highest one it read. */
  readonly revision: number;
  readonly wrote: boolean;
  /** What it wrote should not wait; see {@link isUrgent}. */
  readonly urgent: boolean;
}

const noRequest: RequestIdentity = { id: '', fingerprint: '' };
const ATTEMPTS = 50;

/**
 * Runs `body` until its reads and writes commit as one step. The result must survive JSON, since a repeated request
 * id gets the stored one. Throws what `body` throws; `aborted` after many conflicts.
 */
export async function transact<T>(
  store: ScopeStore,
  scope: Scope,
  body: (tx: Transaction) => Promise<T>,
  request: RequestIdentity = noRequest,
): Promise<Committed<T>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const tx = new Transaction(store, scope);
    let result: T;
    try {
      result = await body(tx);
    } catch (error) {
      // The first try may have succeeded: then "exists already" is our own doing and the stored answer is the right one.
      const earlier = request.id === '' ? undefined : await store.replay(scope, request.id);
      if (earlier !== undefined) return replayed<T>(earlier, request);
      // What was concluded from two states of the scope mixed is true of neither.
      if (isRetryable(error) || !(await tx.isOutdated())) throw error;
      await backOff(attempt);
      continue;
    }
    if (tx.empty) {
      // Nothing left to do may be the work of the first try, whose answer is asked for.
      const earlier = request.id === '' ? undefined : await store.replay(scope, request.id);
      if (earlier !== undefined) return replayed<T>(earlier, request);
      return { result, revision: tx.seenRevision, wrote: false, urgent: false };
    }
    const outcome = await store.commit(
      tx.toCommit(
        request.id === ''
          ? undefined
          : { id: request.id, fingerprint: request.fingerprint, response: JSON.stringify(result ?? null) },
      ),
    );
    switch (outcome.outcome) {
      case 'committed':
        return { result, revision: outcome.revision, wrote: true, urgent: tx.isUrgent };
      case 'replayed':
        return replayed<T>(outcome, request);
      case 'conflict':
        await backOff(attempt);
    }
  }
  throw new PlatformError('aborted', `${scope} is changing too fast; try again`);
}

function isRetryable(error: unknown): boolean {
  return error instanceof PlatformError && error.retryable;
}

async function backOff(attempt: number): Promise<void> {
  if (attempt > 0) await pause(Math.random() * Math.min(50, 2 ** attempt));
}

function replayed<T>(
  earlier: { revision: number; fingerprint: string; response: string },
  request: RequestIdentity,
): Committed<T> {
  if (earlier.fingerprint !== request.fingerprint) {
    throw invalid('request_id', 'was used before for a different request');
  }
  return {
    result: JSON.parse(earlier.response) as T,
    revision: earlier.revision,
    wrote: true,
    urgent: false,
  };
}
