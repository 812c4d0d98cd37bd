import type { ControlClient, ControlHandlers } from '../../../adapters/grpc/methods.ts';
import type { ErrorCode, ResourceName } from '../../../core/errors.ts';

export type Rpc = keyof ControlHandlers;
type Input<R extends Rpc> = Parameters<ControlClient[R]>[0];

export interface Refusal {
  readonly code: ErrorCode;
  /** Of the first violation; undefined = none is named. */
  readonly field?: string;
  readonly resource?: ResourceName;
}

/**
 * What a refused call may leave behind, and nothing else, as it is named in a dump of Redis.
 *
 * - `announced vpc/x`: a write is announced before anything is read, so that a crash after the commit is found; the
 *   sweep forgets it.
 * - `claim:port/x`: a name is taken before the commit; void after a minute, and anybody may take it then.
 * - `catalog:ports@host/x p`: where to look for a host's ports is written before the commit that only then turns out to
 *   be a repeat; readers verify it.
 */
export type Leftover = `announced ${string}` | `claim:${string}` | `catalog:ports@host/${string}`;

export interface BadRequest extends Refusal {
  readonly rpc: Rpc;
  readonly what: string;
  readonly leaves: readonly Leftover[];
  call(client: ControlClient): Promise<void>;
}

export function refused<R extends Rpc>(
  rpc: R,
  what: string,
  request: Input<R>,
  refusal: Refusal,
  leaves: readonly Leftover[] = [],
): BadRequest {
  const call = async (client: ControlClient): Promise<void> => {
    const method = client[rpc] as (request: object) => Promise<unknown> | AsyncIterable<unknown>;
    const answer = method(request);
    if (Symbol.asyncIterator in answer) await answer[Symbol.asyncIterator]().next();
    else await answer;
  };
  return { rpc, what, ...refusal, leaves, call };
}

export const invalid = (field: string): Refusal => ({ code: 'invalid_argument', field });

export function absent(type: string, id: string, field?: string): Refusal {
  return { code: 'not_found', resource: { type, id }, ...(field === undefined ? {} : { field }) };
}

export function exists(type: string, id: string, field?: string): Refusal {
  return { code: 'already_exists', resource: { type, id }, ...(field === undefined ? {} : { field }) };
}

export function unfit(type: string, id: string, field?: string): Refusal {
  return { code: 'failed_precondition', resource: { type, id }, ...(field === undefined ? {} : { field }) };
}

export const longName = 'n'.repeat(256);
export const longId = 'i'.repeat(65);
export const longRequestId = 'r'.repeat(129);

export const badLabels: readonly [what: string, labels: Record<string, string>, path: string][] = [
  ['a label without a name', { '': 'x' }, ''],
  ['a label with too long a name', { [longId]: 'x' }, ''],
  ['a label with too long a value', { colour: 'x'.repeat(1_025) }, '["colour"]'],
  ['too many labels', Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`l${n}`, ''])), ''],
];

/** No enum value of the contract. */
export const noSuchEnum = 99 as 1;
