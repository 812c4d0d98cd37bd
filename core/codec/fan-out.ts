/**
 * What travels to all hosts of a VPC that read along: one message, whoever they are. It covers a range of revisions like
 * a host's own changes do (see envelope.ts), so that a host may get some ranges this way and some the other.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { PlatformError } from '../errors.ts';
import type { Properties } from '../messaging/port.ts';
import type { Entry } from '../model/view.ts';
import type { Scope } from '../store/port.ts';
import { digits } from './digits.ts';
import { decodeEntries } from './entries.ts';
import { joinHeaded, splitHeaded } from './headed.ts';
import { decodePart, decodeTimed, encodeProperties, integer, text } from './properties.ts';
import type { Part, Timed } from './properties.ts';
import { isCount } from './shapes.ts';

/** Changes in the range (from, to], for hosts of any epoch. The range is covered when the last part was applied. */
export interface FanOutHeader extends Part, Timed {
  readonly scope: Scope;
  readonly incarnation: number;
  readonly from: number;
  readonly to: number;
}

const KIND = 'fan-out';

/** Far above what a sender puts into one message. */
const MAX_FORMS_BYTES = 64 * 1024 * 1024;

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
    ...decodeTimed(properties),
    from: integer(properties, 'from'),
    to: integer(properties, 'to'),
  };
}

/**
 * What most hosts shall hold, `common`, and beside it what hosts shall hold of some of it instead, all as encoded entries.
 * An index has a line for each of those hosts, with the place of its own entries behind the common ones: nobody decodes
 * what is meant for others. Those are many times longer and much alike, so they are compressed, and as most hosts have none of
 * their own, few unpack them.
 */
export function packFanOutBody(common: Buffer, own: ReadonlyMap<string, Buffer>): Buffer {
  let at = 0;
  const lines = [...own].map(([host, { length }]) => `\n${host}\t${at}\t${(at += length)}`);
  const index = Buffer.from(`${lines.join('')}\n`);
  const head = { index: index.length, common: common.length };
  const forms = own.size === 0 ? Buffer.alloc(0) : pack([...own.values()]);
  return joinHeaded(head, [index, common, forms]);
}

/** The entries in the form that one host shall hold. Security groups are there for all: whom they do not concern leaves them. */
export function decodeFanOutBody(payload: Buffer, host: string): Entry[] {
  const { head, rest } = splitHeaded(payload);
  const { index, common } = head;
  if (!isCount(index) || !isCount(common) || index + common > rest.length) throw malformed();
  const entries = decodeEntries(rest.subarray(index, index + common));
  const place = placeOf(host, rest.subarray(0, index));
  if (place === undefined) return entries;
  const forms = unpack(rest.subarray(index + common));
  if (place.start > place.end || place.end > forms.length) throw malformed();
  const own = decodeEntries(forms.subarray(place.start, place.end));
  const byKey = new Map(own.map((entry) => [entry.key, entry]));
  return entries.map((entry) => byKey.get(entry.key) ?? entry);
}

function pack(forms: readonly Buffer[]): Buffer {
  return deflateRawSync(Buffer.concat(forms), { level: constants.Z_BEST_SPEED });
}

function unpack(forms: Buffer): Buffer {
  try {
    return inflateRawSync(forms, { maxOutputLength: MAX_FORMS_BYTES });
  } catch {
    throw malformed();
  }
}

/** Found without looking at the other lines. */
function placeOf(host: string, index: Buffer): { start: number; end: number } | undefined {
  const name = `\n${host}\t`;
  const at = index.indexOf(name);
  if (at < 0) return undefined;
  const from = at + Buffer.byteLength(name);
  const [start, end] = index.toString('utf8', from, index.indexOf('\n', from)).split('\t').map(digits);
  if (start === undefined || end === undefined) throw malformed();
  return { start, end };
}

function malformed(): PlatformError {
  return new PlatformError('invalid_argument', 'message without its local forms');
}
