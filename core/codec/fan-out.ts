/**
 * What travels to all hosts of a VPC that read along: one message, whoever they are. It covers a range of revisions like
 * a host's own changes do (see envelope.ts), so that a host may get some ranges this way and some the other.
 */
import { PlatformError } from '../errors.ts';
import type { Properties } from '../messaging/port.ts';
import type { Entry } from '../model/view.ts';
import type { Scope } from '../store/port.ts';
import { decodeEntries, isObject, parsePayload } from './envelope.ts';
import { decodePart, encodeProperties, integer, text } from './properties.ts';
import type { Part } from './properties.ts';

/** Changes in the range (from, to], for hosts of any epoch. The range is covered when the last part was applied. */
export interface FanOutHeader extends Part {
  readonly scope: Scope;
  readonly incarnation: number;
  readonly from: number;
  readonly to: number;
}

const KIND = 'fan-out';

export function encodeFanOutHeader(header: FanOutHeader): Properties {
  return encodeProperties({ kind: KIND, ...header });
}

export function decodeFanOutHeader(properties: Properties): FanOutHeader {
  const kind = text(properties, 'kind');
  if (kind !== KIND) {
    throw new PlatformError('invalid_argument', `message of unknown kind ${JSON.stringify(kind)}`);
  }
  return {
    scope: text(properties, 'scope') as Scope,
    incarnation: integer(properties, 'incarnation'),
    ...decodePart(properties),
    from: integer(properties, 'from'),
    to: integer(properties, 'to'),
  };
}

/** The entries as one host shall hold them: `local` has those that differ, by host. */
export function decodeFanOutBody(payload: Buffer, host: string): Entry[] {
  const parsed = parsePayload(payload);
  const entries = decodeEntries(parsed['entries']);
  const { local } = parsed;
  if (!isObject(local)) throw new PlatformError('invalid_argument', 'message without its local forms');
  const own = Object.hasOwn(local, host) ? decodeEntries(local[host]) : [];
  if (own.length === 0) return entries;
  const byKey = new Map(own.map((entry) => [entry.key, entry]));
  return entries.map((entry) => byKey.get(entry.key) ?? entry);
}
