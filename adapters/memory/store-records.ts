import type {
  ChangePage,
  Commit,
  CommitOutcome,
  RecordKey,
  RecordWrite,
  StoredRecord,
} from '../../core/store/port.ts';
import { SortedTexts, compareText, partitionPoint } from './store-order.ts';

interface Version {
  readonly revision: number;
  readonly body: string | undefined;
  readonly logged: boolean;
}

interface LogEntry {
  readonly key: RecordKey;
  readonly revision: number;
}

type Replayed = Extract<CommitOutcome, { outcome: 'replayed' }>;

/** The records of one scope, with their log and the answers to requests. */
export class MemoryRecords {
  revision = 0;
  readonly counters = new Map<string, number>();
  readonly #versions = new Map<RecordKey, Version>();
  /** By kind, the ids of live logged records. */
  readonly #live = new Map<string, SortedTexts>();
  /** In order of revision, since revisions only rise; entries of older versions stay until the next compaction. */
  #log: LogEntry[] = [];
  #logged = 0;
  /** In order of expiry, since all of them are kept for the same time. */
  readonly #requests = new Map<string, { readonly answer: Replayed; readonly expiresMs: number }>();

  read(key: RecordKey): StoredRecord {
    const version = this.#versions.get(key);
    return { key, revision: version?.revision ?? 0, body: version?.body };
  }

  commit(
    { expect, expectCounters, writes, counters, request }: Commit,
    nowMs: number,
    requestTtlMs: number,
  ): CommitOutcome {
    const known = request === undefined ? undefined : this.replay(request.id, nowMs);
    if (known !== undefined) return known;
    for (const [key, revision] of expect) {
      if (this.read(key).revision !== revision) return { outcome: 'conflict' };
    }
    for (const [name, value] of expectCounters ?? []) {
      if ((this.counters.get(name) ?? 0) !== value) return { outcome: 'conflict' };
    }
    const revision = ++this.revision;
    for (const write of writes) this.#write(write, revision);
    this.#extendLog(writes, revision);
    for (const [name, amount] of counters ?? []) {
      this.counters.set(name, (this.counters.get(name) ?? 0) + amount);
    }
    if (request !== undefined) {
      const { id, fingerprint, response } = request;
      const answer: Replayed = { outcome: 'replayed', revision, fingerprint, response };
      this.#requests.set(id, { answer, expiresMs: nowMs + requestTtlMs });
    }
    return { outcome: 'committed', revision };
  }

  replay(requestId: string, nowMs: number): Replayed | undefined {
    for (const [id, { expiresMs }] of this.#requests) {
      if (expiresMs > nowMs) break;
      this.#requests.delete(id);
    }
    return this.#requests.get(requestId)?.answer;
  }

  list(kind: string, after: string, limit: number): StoredRecord[] {
    const ids = this.#live.get(kind)?.page(after, limit) ?? [];
    return ids.map((id) => this.read(`${kind}/${id}`));
  }

  changes(after: number, limit: number): ChangePage {
    const changes: StoredRecord[] = [];
    const head = this.revision;
    const from = partitionPoint(this.#log, (entry) => entry.revision <= after);
    for (let index = from; index < this.#log.length; index++) {
      const entry = this.#log[index];
      if (entry === undefined || !this.#isNewest(entry)) continue;
      const last = changes.at(-1);
      if (last !== undefined && changes.length >= limit && entry.revision !== last.revision) {
        return { changes, through: last.revision, head };
      }
      changes.push(this.read(entry.key));
    }
    return { changes, through: head, head };
  }

  #write({ key, body, logged }: RecordWrite, revision: number): void {
    const wasLogged = this.#versions.get(key)?.logged ?? false;
    this.#logged += Number(logged) - Number(wasLogged);
    const at = key.indexOf('/');
    const kind = key.slice(0, at);
    const live = this.#live.get(kind) ?? new SortedTexts();
    if (logged && body !== undefined) {
      this.#live.set(kind, live);
      live.add(key.slice(at + 1));
    } else if (wasLogged) {
      live.delete(key.slice(at + 1));
    }
    if (body === undefined && !logged) this.#versions.delete(key);
    else this.#versions.set(key, { revision, body, logged });
  }

  #extendLog(writes: readonly RecordWrite[], revision: number): void {
    const keys = new Set(writes.filter((write) => write.logged).map((write) => write.key));
    for (const key of [...keys].sort(compareText)) this.#log.push({ key, revision });
    if (this.#log.length > 2 * this.#logged + 1_000) {
      this.#log = this.#log.filter((entry) => this.#isNewest(entry));
    }
  }

  #isNewest({ key, revision }: LogEntry): boolean {
    const version = this.#versions.get(key);
    return version?.logged === true && version.revision === revision;
  }
}
