import { randomUUID } from 'node:crypto';
import type {
  Commit,
  CommitOutcome,
  CommitRequest,
  RecordKey,
  RecordWrite,
  Report,
  Scope,
  Store,
  StoredRecord,
} from '../../core/store/port.ts';

export type GetStore = () => Store;

export function newScope(): Scope {
  return `vpc/${randomUUID()}`;
}

export function put(key: RecordKey, body: string): RecordWrite {
  return { key, body, logged: true };
}

export function bury(key: RecordKey): RecordWrite {
  return { key, body: undefined, logged: true };
}

export function putUnlogged(key: RecordKey, body: string): RecordWrite {
  return { key, body, logged: false };
}

export function removeUnlogged(key: RecordKey): RecordWrite {
  return { key, body: undefined, logged: false };
}

export function commitOf(scope: Scope, writes: readonly RecordWrite[], rest: Partial<Commit> = {}): Commit {
  return { scope, expect: new Map(), writes, ...rest };
}

export function request(id: string, fingerprint = 'print', response = '{"answer":1}'): CommitRequest {
  return { id, fingerprint, response };
}

export async function commit(store: Store, scope: Scope, ...writes: RecordWrite[]): Promise<CommitOutcome> {
  return store.commit(commitOf(scope, writes));
}

export function report(epoch: number, revision: number, rest: Partial<Report> = {}): Report {
  return { reporter: 'h1', incarnation: 1, epoch, revision, body: '{}', ...rest };
}

export function record(key: RecordKey, revision: number, body?: string): StoredRecord {
  return { key, revision, body };
}

export function keysOf(records: readonly StoredRecord[]): RecordKey[] {
  return records.map(({ key }) => key);
}
