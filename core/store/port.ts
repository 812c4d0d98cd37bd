/**
 * The store port: desired state and everything that must change together with it.
 *
 * State lives in scopes. A scope is the unit of atomicity (one Redis hash slot) and has one revision counter, which
 * each commit raises by one. Within a scope lie records, addressed by `kind/id`. A record written with `logged: true`
 * is part of the scope's change log: it keeps a tombstone when removed, and `changes` finds it by revision. The log
 * is the outbox: what is committed will be dispatched, whatever crashes afterwards.
 */

export type ScopeKind = 'vpc' | 'host' | 'lane' | 'public' | 'region';
/** `vpc/<vpc id>`, `host/<host id>`, `lane/<cluster>`, `public/<resource id>`, `region/main`. */
export type Scope = `${ScopeKind}/${string}`;

/** `<kind>/<id>`, for example `port/5a1c...`; the kind has no slash, the id may. */
export type RecordKey = `${string}/${string}`;

export interface StoredRecord {
  readonly key: RecordKey;
  /** Revision of the commit that wrote this version. 0 = never written. */
  readonly revision: number;
  /** JSON text, forwarded to hosts as it is; undefined = the record does not exist (removed or never written). */
  readonly body: string | undefined;
}

export interface RecordWrite {
  readonly key: RecordKey;
  /** JSON text, or undefined to remove. */
  readonly body: string | undefined;
  /** Logged records appear in `changes` and `list` and leave a tombstone; unlogged ones vanish when removed. */
  readonly logged: boolean;
}

/** Makes a retried call answer as the first one did. Kept for `requestTtlMs` after the commit. */
export interface CommitRequest {
  readonly id: string;
  /** Digest of the call's contents: the same id with other contents is refused by the caller. */
  readonly fingerprint: string;
  /** What `replayed` gives back. */
  readonly response: string;
}

export interface Commit {
  readonly scope: Scope;
  /** Revisions that the writer saw (0 = never written). Any difference means conflict, and nothing is written. */
  readonly expect: ReadonlyMap<RecordKey, number>;
  /** Exact values that counters must have (never counted = 0), judged before `counters` is added. */
  readonly expectCounters?: ReadonlyMap<string, number>;
  readonly writes: readonly RecordWrite[];
  /** Added to the scope's counters without any expectation. */
  readonly counters?: ReadonlyMap<string, number>;
  readonly request?: CommitRequest;
}

export type CommitOutcome =
  | { readonly outcome: 'committed'; readonly revision: number }
  | { readonly outcome: 'conflict' }
  | {
      readonly outcome: 'replayed';
      readonly revision: number;
      readonly fingerprint: string;
      readonly response: string;
    };

export interface ChangePage {
  /** In order of revision; the newest version of each record only. */
  readonly changes: readonly StoredRecord[];
  /** Everything at or below this revision is in `changes`; equals `head` on the last page. */
  readonly through: number;
  readonly head: number;
}

export interface ScopeStatus {
  /** Raised when a store has lost its tail; order is (incarnation, revision). Starts at 1. */
  readonly incarnation: number;
  readonly revision: number;
  /** Everything at or below was handed to the lanes. */
  readonly dispatched: number;
  /**
   * Every receiver should have been sent everything through this revision: the last `sentAll`, or where none was ever
   * given, `dispatched`. What came after it was for some of them only.
   */
  readonly due: number;
  /** Counts reports that differ from the one before, so that a watcher sees cheaply that there is something new. */
  readonly reports: number;
}

export interface DispatchTurn extends ScopeStatus {
  /** Fencing token: only the newest turn of a scope can advance. Rises by one with each turn. */
  readonly token: number;
}

export interface Advance {
  readonly scope: Scope;
  readonly token: number;
  readonly dispatched: number;
  /** Receivers whose lane was sent everything through the given revision; overrides `sentAll`. */
  readonly sent: ReadonlyMap<string, number>;
  /** The shared base: every receiver that `sent` does not name was sent everything through this revision. */
  readonly sentAll?: number;
  /** Receivers to forget. */
  readonly forget?: readonly string[];
  /** Copies up to this revision went out; kept as the newest of the scope's marks, see {@link ScopeStore.marks}. */
  readonly mark?: number;
}

/** As many marks of a scope are kept, the newest. */
export const MAX_MARKS = 128;

export interface Report {
  /** The host. */
  readonly reporter: string;
  /** Of the scope, as the reporter knows it; 0 = it holds nothing yet. */
  readonly incarnation: number;
  readonly epoch: number;
  /** The highest revision that is durable at the reporter. */
  readonly revision: number;
  /** JSON text: failures and whatever else the reporter says. */
  readonly body: string;
}

export interface ReportOutcome {
  /** False = it was older than the one that is kept, or of an earlier incarnation than the scope's. */
  readonly kept: boolean;
  /** The reporter's lane was not sent everything that it should have been: it has a `sent` of its own, below `due`. */
  readonly behind: boolean;
}

export interface ScopeStore {
  /** The records in the order of the keys. */
  read(scope: Scope, keys: readonly RecordKey[]): Promise<StoredRecord[]>;
  commit(commit: Commit): Promise<CommitOutcome>;
  /** Looks a request id up without writing. */
  replay(
    scope: Scope,
    requestId: string,
  ): Promise<Extract<CommitOutcome, { outcome: 'replayed' }> | undefined>;
  /** Live logged records of one kind by ascending id, after the id `after` (exclusive, '' = from the start). */
  list(scope: Scope, kind: string, after: string, limit: number): Promise<StoredRecord[]>;
  /** The log after a revision. A page may hold more than `limit` records: a revision is never split. */
  changes(scope: Scope, after: number, limit: number): Promise<ChangePage>;
  counters(scope: Scope, names: readonly string[]): Promise<number[]>;
  status(scope: Scope): Promise<ScopeStatus>;

  beginDispatch(scope: Scope): Promise<DispatchTurn>;
  /**
   * Revision through which each receiver was sent everything, in the order given: its own entry or, if it has none, the
   * shared base (the last `sentAll`; 0 before the first). The base speaks for every receiver, also for one that was
   * never sent anything; only the records tell since when it has been one.
   */
  sent(scope: Scope, receivers: readonly string[]): Promise<number[]>;
  /** False = another turn has begun since (fenced); nothing was written. */
  advance(advance: Advance): Promise<boolean>;
  /** The revisions that were marked, ascending; at most {@link MAX_MARKS}. What a reporter lacks is counted with them. */
  marks(scope: Scope): Promise<number[]>;

  /**
   * Begins the scope's next incarnation, if it exists and is still at the given one: a store that lost its tail goes on
   * with revisions that hosts have seen with other contents. Everything counts as never dispatched (`dispatched`, what
   * was sent, marks and reports start from nothing), running turns are fenced, and the revision rises by one.
   * False = it is not at that incarnation (any more).
   */
  reincarnate(scope: Scope, incarnation: number): Promise<boolean>;

  /**
   * Keeps the newer of two reports of one reporter, by (incarnation, epoch, revision); the same triple replaces the
   * body. One of an earlier incarnation than the scope's is not kept. A repeat costs no write.
   */
  putReport(scope: Scope, report: Report): Promise<ReportOutcome>;
  /**
   * Does the same in one call where the report goes on from one that is kept: of the same epoch and of the scope's
   * present incarnation, the kept one above revision 0, the new one at no lower revision and at none above the scope's
   * own. So nothing else has to be looked at. Undefined = it is not like that, and nothing was changed.
   */
  renewReport(scope: Scope, report: Report): Promise<Pick<ReportOutcome, 'behind'> | undefined>;
  /** In the order given. */
  reports(scope: Scope, reporters: readonly string[]): Promise<(Report | undefined)[]>;
  forgetReport(scope: Scope, reporter: string, epoch: number): Promise<void>;

  /** Removes a scope with all that is in it. */
  drop(scope: Scope): Promise<void>;
}

export interface ClaimOutcome {
  readonly owner: string;
  /** Since the owner last claimed it, by the store's own clock: those of the callers differ from it. */
  readonly ageMs: number;
}

/** What spans scopes: names that are unique in the region, listings, and scopes with work under way. */
export interface Registry {
  /**
   * Takes a name if it is free, or still held as the caller saw it: by the owner of `replacing`, who has not claimed it
   * since (its age is no less). A claim by the present owner makes its age 0 again, so that an owner who goes on keeps
   * the name, also from those who saw it grow old. The answer says who holds it now.
   */
  claim(kind: string, id: string, owner: string, replacing?: ClaimOutcome): Promise<ClaimOutcome>;
  release(kind: string, id: string, owner: string): Promise<void>;
  owners(kind: string, ids: readonly string[]): Promise<(string | undefined)[]>;

  enlist(catalog: string, id: string): Promise<void>;
  delist(catalog: string, id: string): Promise<void>;
  /** Ids in ascending order after `after` (exclusive). */
  catalog(catalog: string, after: string, limit: number): Promise<string[]>;

  /** Announces that the scope may be about to change, before it does. The sweep looks at announced scopes only. */
  announce(scope: Scope): Promise<void>;
  /**
   * Scopes announced at least `olderThanMs` ago with the announcement's age in milliseconds, oldest first (give or take
   * the time that reading takes: parts of the store may be read at different moments).
   */
  announced(olderThanMs: number, limit: number): Promise<{ scope: Scope; ageMs: number }[]>;
  /** Forgets the announcement unless the scope was announced again less than `olderThanMs` ago. */
  settle(scope: Scope, olderThanMs: number): Promise<void>;

  /** A number that no other call got, from 1. */
  next(counter: string): Promise<number>;

  /**
   * The lease clock, in milliseconds: it runs only while somebody advances it, so nobody's lease ends while nobody
   * listens. 0 before the first advance.
   */
  leaseClock(): Promise<number>;
  /** Advances the clock if it still shows `seenMs`; answers with what it shows now. */
  advanceLeaseClock(seenMs: number, byMs: number): Promise<number>;
  /** Notes that the hosts were heard of at this time of the lease clock; an earlier time changes nothing. */
  hear(hosts: readonly string[], atMs: number): Promise<void>;
  /** When each was heard of last; undefined = never. */
  heard(hosts: readonly string[]): Promise<(number | undefined)[]>;
  /** Hosts last heard of before this time, longest ago first, at most `limit`. */
  unheard(beforeMs: number, limit: number): Promise<{ readonly host: string; readonly atMs: number }[]>;
  /** How many hosts were heard of at this time or later; default ever. */
  heardCount(sinceMs?: number): Promise<number>;
}

export interface Store extends ScopeStore, Registry {
  /** Resolves when the store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
