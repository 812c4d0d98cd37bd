import { randomUUID } from 'node:crypto';
import { PlatformError } from '../../core/errors.ts';
import type {
  ChangePage,
  Commit,
  CommitOutcome,
  CommitRequest,
  RecordWrite,
  ScopeStatus,
  ScopeStore,
  StoredRecord,
} from '../../core/store/port.ts';
import type { RedisConnection } from './connection.ts';
import type { Layout } from './layout.ts';
import { heads, integer, list, optionalText, text } from './reply.ts';

export type Records = Pick<
  ScopeStore,
  'read' | 'commit' | 'replay' | 'list' | 'changes' | 'counters' | 'status' | 'drop'
>;

type Replayed = Extract<CommitOutcome, { outcome: 'replayed' }>;

export function records(connection: RedisConnection, layout: Layout, requestTtlMs: number): Records {
  return {
    async read(scope, keys) {
      if (keys.length === 0) return [];
      return recordsOf(keys, await connection.command('HMGET', [layout.scope(scope).rec, ...keys]));
    },

    async commit(commit) {
      const { meta, rec, log, idx, cnt, req } = layout.scope(commit.scope);
      const keys = [meta, rec, log, idx, cnt, req(commit.request?.id ?? '')];
      return outcomeOf(await connection.run('vpcastCommit', keys, commitArguments(commit, requestTtlMs)));
    },

    async replay(scope, requestId) {
      const { meta, req } = layout.scope(scope);
      const known = optionalText(await connection.run('vpcastReplay', [meta, req(requestId)], []));
      return known === undefined ? undefined : replayedOf(known);
    },

    async list(scope, kind, after, limit) {
      const { idx, rec } = layout.scope(scope);
      // '0' follows '/', so that the range ends where the kind does.
      const range = [`(${kind}/${after}`, `(${kind}0`, Math.max(1, limit)];
      const [keys, values] = list(await connection.run('vpcastListRecords', [idx, rec], range));
      return recordsOf(list(keys), values);
    },

    async changes(scope, after, limit): Promise<ChangePage> {
      const { meta, log, rec } = layout.scope(scope);
      const reply = await connection.run('vpcastChanges', [meta, log, rec], [after, Math.max(1, limit)]);
      const [head, through, keys, values] = list(reply);
      return { changes: recordsOf(list(keys), values), through: integer(through), head: integer(head) };
    },

    async counters(scope, names) {
      if (names.length === 0) return [];
      return list(await connection.command('HMGET', [layout.scope(scope).cnt, ...names])).map(integer);
    },

    async status(scope) {
      return statusOf(await connection.command('HMGET', [layout.scope(scope).meta, ...statusFields]));
    },

    async drop(scope) {
      const { meta, rec, log, idx, cnt, sent, marks, rep } = layout.scope(scope);
      await connection.command('UNLINK', [meta, rec, log, idx, cnt, sent, marks, rep]);
    },
  };
}

const statusFields = ['incarnation', 'revision', 'dispatched', 'reports', 'base'];

/** Of the values of {@link statusFields}. */
export function statusOf(reply: unknown): ScopeStatus {
  const [incarnation, revision, dispatched, reports, base] = list(reply);
  return {
    incarnation: integer(incarnation ?? 1),
    revision: integer(revision),
    dispatched: integer(dispatched),
    due: integer(base ?? dispatched),
    reports: integer(reports),
  };
}

function commitArguments(
  { expect, expectCounters, writes, counters, request }: Commit,
  requestTtlMs: number,
) {
  const expectations = [...expect].flat();
  const values = [...(expectCounters ?? [])].flat();
  const amounts = [...(counters ?? [])].flat();
  // A script that fails half way leaves what it wrote before; this is the one command in it that could.
  if (!amounts.every((part, index) => index % 2 === 0 || Number.isSafeInteger(part))) {
    throw new PlatformError('invalid_argument', 'counters: amounts must be integers');
  }
  return [
    request === undefined ? '' : JSON.stringify([request.fingerprint, request.response]),
    requestTtlMs,
    request === undefined ? '' : randomUUID(),
    expectations.length / 2,
    values.length / 2,
    writes.length,
    amounts.length / 2,
    ...expectations,
    ...values,
    ...writes.flatMap((write) => [write.key, actionOf(write), write.body ?? '']),
    ...amounts,
  ];
}

function actionOf({ body, logged }: RecordWrite): 'put' | 'bury' | 'set' | 'drop' {
  if (logged) return body === undefined ? 'bury' : 'put';
  return body === undefined ? 'drop' : 'set';
}

function outcomeOf(reply: unknown): CommitOutcome {
  const [outcome, detail] = list(reply);
  switch (outcome) {
    case 'committed':
      return { outcome, revision: integer(detail) };
    case 'conflict':
      return { outcome };
    case 'replayed':
      return replayedOf(text(detail));
    default:
      throw new PlatformError('internal', `Redis: unexpected outcome ${String(outcome)}`);
  }
}

function replayedOf(known: string): Replayed {
  const [, revision, contents] = heads(known, 2);
  const [fingerprint, response] = list(JSON.parse(text(contents)));
  return {
    outcome: 'replayed',
    revision: integer(revision),
    fingerprint: text(fingerprint),
    response: text(response),
  } satisfies Replayed & Omit<CommitRequest, 'id'>;
}

function recordsOf(keys: readonly unknown[], values: unknown): StoredRecord[] {
  const found = list(values);
  return keys.map((key, index) => recordOf(text(key), optionalText(found[index])));
}

function recordOf(key: string, value: string | undefined): StoredRecord {
  const record = key as StoredRecord['key'];
  if (value === undefined) return { key: record, revision: 0, body: undefined };
  if (!value.includes('\n')) return { key: record, revision: integer(value), body: undefined };
  const [revision, body] = heads(value, 1);
  return { key: record, revision: integer(revision), body };
}
