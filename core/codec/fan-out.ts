/**
 * What travels to all hosts of a VPC that read along: one message, whoever they are. It covers a range of revisions like
 * a host's own changes do (see envelope.ts), so that a host may get some ranges this way and some the other.
 */
import { PlatformError } from '../errors.ts';
import type { Properties } from '../messaging/port.ts';
import type { Entry } from '../model/view.ts';
import type { Scope } from '../store/port.ts';
import { decodeEntries, parsePayload } from './envelope.ts';
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

const LINE_FEED = 10;

/**
 * What most hosts shall hold, `common`, and beside it what hosts shall hold of some of it instead. Two lines of JSON, the
 * common entries and where each host's own ones lie behind them: nobody parses what is meant for others.
 */
export function packFanOutBody(common: Buffer, own: ReadonlyMap<string, Buffer>): Buffer {
  let offset = 0;
  const index = [...own].map(([host, { length }]) => {
    const place = [offset, length];
    offset += length;
    return [host, place] as const;
  });
  const head = Buffer.from(`\n${JSON.stringify(Object.fromEntries(index))}\n`);
  return Buffer.concat([common, head, ...own.values()]);
}

/** The entries in the form that one host shall hold. Security groups are there for all: whom they do not concern leaves them. */
export function decodeFanOutBody(payload: Buffer, host: string): Entry[] {
  const commonEnd = payload.indexOf(LINE_FEED);
  const indexEnd = payload.indexOf(LINE_FEED, commonEnd + 1);
  if (commonEnd < 0 || indexEnd < 0) throw malformed();
  const entries = decodeEntries(parsePayload(payload.subarray(0, commonEnd))['entries']);
  const index = parsePayload(payload.subarray(commonEnd + 1, indexEnd));
  if (!Object.hasOwn(index, host)) return entries;
  const own = placeOf(payload.subarray(indexEnd + 1), index[host]);
  const byKey = new Map(decodeEntries(parsePayload(own)['entries']).map((entry) => [entry.key, entry]));
  return entries.map((entry) => byKey.get(entry.key) ?? entry);
}

function placeOf(rest: Buffer, place: unknown): Buffer {
  if (!Array.isArray(place)) throw malformed();
  const [offset, length] = place as unknown[];
  if (!isCount(offset) || !isCount(length) || offset + length > rest.length) throw malformed();
  return rest.subarray(offset, offset + length);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(): PlatformError {
  return new PlatformError('invalid_argument', 'message without its local forms');
}
