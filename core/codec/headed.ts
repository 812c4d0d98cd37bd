/** Payloads with a head: a line of JSON, and behind it the bytes that it speaks of, which nobody has to parse. */
import { PlatformError } from '../errors.ts';
import { isObject } from './shapes.ts';

const LINE_FEED = 10;

export interface Headed {
  readonly head: Record<string, unknown>;
  readonly rest: Buffer;
}

export function joinHeaded(head: object, rest: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...rest]);
}

/** Throws `invalid_argument`, in which it calls the payload `what`, unless the first line is a JSON object. */
export function splitHeaded(payload: Buffer, what = 'message'): Headed {
  const end = payload.indexOf(LINE_FEED);
  let head: unknown;
  try {
    head = JSON.parse(payload.toString('utf8', 0, Math.max(0, end)));
  } catch (cause) {
    throw new PlatformError('invalid_argument', `${what} whose head is not JSON`, { cause });
  }
  if (!isObject(head)) throw new PlatformError('invalid_argument', `${what} whose head is no object`);
  return { head, rest: payload.subarray(end + 1) };
}
