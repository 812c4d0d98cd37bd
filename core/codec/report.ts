import { PlatformError } from '../errors.ts';
import type { RecordKey, Scope } from '../store/port.ts';
import { isScope } from './scope.ts';
import { isCount, isObject } from './shapes.ts';

/** A resource that the host received and could not apply; it counts as held. */
export interface Failure {
  readonly key: RecordKey;
  readonly revision: number;
  readonly reason: string;
}

/** How far a host is with one scope that it takes part in. */
export interface ScopeReport {
  readonly scope: Scope;
  readonly epoch: number;
  readonly incarnation: number;
  /** Everything for the host up to this revision is applied and durable. */
  readonly revision: number;
  readonly failures: readonly Failure[];
  /** The host found a hole, or holds nothing: it asks for a snapshot. */
  readonly needsSnapshot: boolean;
  /** Of what the host holds at this revision, see {@link digestOf}; absent while a message in parts is incomplete. */
  readonly digest?: number;
  /** Revision of the fan-out lane that the host reads along; absent = it reads none. */
  readonly reading?: number;
  /** The host reads along only since now: it asks for what came after this revision until then. Given back with the answer. */
  readonly tail?: number;
}

/** An assignment whose fence the host has acknowledged: it holds nothing of it and listens there no more. */
export interface LeftReport {
  readonly scope: Scope;
  readonly epoch: number;
  readonly partition: number;
  readonly slot: number;
}

/** South to north: what changed at a host since its last report. A heartbeat may have empty lists. */
export interface HostReport {
  readonly host: string;
  readonly sentAtMs: number;
  readonly scopes: readonly ScopeReport[];
  readonly left: readonly LeftReport[];
}

/** As many of a scope's failures are kept; a report has one more where there are more, so that this shows. */
export const MAX_FAILURES = 1_000;
export const MAX_REASON = 500;

export function encodeReport(report: HostReport): Buffer {
  const scopes = report.scopes.map((scope) => ({
    ...scope,
    failures: scope.failures.slice(0, MAX_FAILURES + 1).map(shortened),
  }));
  return Buffer.from(JSON.stringify({ ...report, scopes }));
}

function shortened({ key, revision, reason }: Failure): Failure {
  return { key, revision, reason: reason.slice(0, MAX_REASON) };
}

export function decodeReport(payload: Buffer): HostReport {
  let parsed: unknown;
  try {
    parsed = JSON.parse(payload.toString('utf8'));
  } catch (cause) {
    throw new PlatformError('invalid_argument', 'report that is not JSON', { cause });
  }
  if (!isReport(parsed)) throw new PlatformError('invalid_argument', 'malformed report');
  return parsed;
}

function isReport(value: unknown): value is HostReport {
  return (
    isObject(value) &&
    typeof value['host'] === 'string' &&
    value['host'] !== '' &&
    Number.isFinite(value['sentAtMs']) &&
    isListOf(value['scopes'], isScopeReport) &&
    isListOf(value['left'], isLeft)
  );
}

function isScopeReport(value: unknown): value is ScopeReport {
  return (
    isObject(value) &&
    isScope(value['scope']) &&
    [value['epoch'], value['incarnation'], value['revision']].every(isCount) &&
    typeof value['needsSnapshot'] === 'boolean' &&
    (value['digest'] === undefined || isCount(value['digest'])) &&
    (value['reading'] === undefined || isCount(value['reading'])) &&
    (value['tail'] === undefined || isCount(value['tail'])) &&
    isListOf(value['failures'], isFailure)
  );
}

function isFailure(value: unknown): value is Failure {
  return (
    isObject(value) &&
    isPath(value['key']) &&
    isCount(value['revision']) &&
    typeof value['reason'] === 'string'
  );
}

function isLeft(value: unknown): value is LeftReport {
  return (
    isObject(value) &&
    isScope(value['scope']) &&
    [value['epoch'], value['partition'], value['slot']].every(isCount)
  );
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem);
}

function isPath(value: unknown): value is RecordKey {
  return typeof value === 'string' && value.includes('/');
}
