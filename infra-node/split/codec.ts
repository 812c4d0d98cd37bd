import { joinHeaded, splitHeaded } from '../../core/codec/headed.ts';
import { timed } from '../../core/codec/properties.ts';
import { isScope } from '../../core/codec/scope.ts';
import { isCount, isObject } from '../../core/codec/shapes.ts';
import { PlatformError } from '../../core/errors.ts';
import type { IncomingMessage, OutgoingMessage } from '../../core/messaging/port.ts';
import type { CopiesLane } from '../../core/model/resources.ts';
import type { Chunk, HostCopy } from './chunk.ts';
import { SplicedPages } from './spliced-pages.ts';
import type { Splice } from './spliced-pages.ts';

/** The head of the payload; behind it come the bytes of the pages and the splices, in their order here. */
interface Head extends Omit<Chunk, 'entries' | 'copies'> {
  readonly copies: readonly (readonly [
    hostId: string,
    partition: number,
    slot: number,
    epoch: number,
    from: number,
    ask: 0 | 1,
  ])[];
  /** Lengths. */
  readonly pages: readonly number[];
  readonly splices: readonly (readonly [
    hostId: string,
    page: number,
    start: number,
    end: number,
    length: number,
  ])[];
}

export function encodeChunk(id: string, chunk: Chunk): OutgoingMessage {
  const { scope, turn, incarnation, to, lane, copies, sinceMs } = chunk;
  const hosts = copies.map(({ member }) => member.hostId);
  const { pages, own } = SplicedPages.of(chunk.entries, hosts);
  const splices = [...own].flatMap(([host, ofHost]) =>
    [...ofHost].map(([page, splice]) => ({ host, page, ...splice })),
  );
  const head: Head = {
    ...{ scope, turn, incarnation, to, lane },
    ...timed(sinceMs),
    copies: copies.map(({ member: { hostId, partition, slot, epoch }, from, ask }) => [
      ...([hostId, partition, slot, epoch, from] as const),
      ask ? 1 : 0,
    ]),
    pages: pages.map(({ length }) => length),
    splices: splices.map(({ host, page, start, end, bytes }) => [host, page, start, end, bytes.length]),
  };
  const bytes = splices.map((splice) => splice.bytes);
  return { properties: { chunk: id }, payload: joinHeaded(head, [...pages, ...bytes]) };
}

/** Throws `invalid_argument`. */
export function decodeChunk(payload: Buffer): Chunk {
  const { head, rest }: { head: unknown; rest: Buffer } = splitHeaded(payload, 'chunk');
  if (!isHead(head)) throw malformed('with a bad head');
  let at = 0;
  const take = (length: number): Buffer => rest.subarray(at, (at += length));
  const pages = head.pages.map(take);
  const own = new Map<string, Map<number, Splice>>();
  for (const [host, page, start, stop, length] of head.splices) {
    const ofHost = own.get(host) ?? new Map<number, Splice>();
    own.set(host, ofHost.set(page, { start, end: stop, bytes: take(length) }));
  }
  if (at !== rest.length) throw malformed('of another length than it says');
  const { scope, turn, incarnation, to, lane, sinceMs } = head;
  return {
    ...{ scope, turn, incarnation, to, lane },
    ...timed(sinceMs),
    entries: new SplicedPages(pages, own),
    copies: head.copies.map(([hostId, partition, slot, epoch, from, ask]): HostCopy => ({
      member: { hostId, partition, slot, epoch },
      from,
      ask: ask === 1,
    })),
  };
}

/** Tells who offered it that all its copies are with the broker. */
export function encodeDone(id: string): OutgoingMessage {
  return { properties: { chunk: id }, payload: Buffer.alloc(0) };
}

/** Of a chunk, or of what tells that it is done. */
export function chunkIdOf({ properties }: Pick<IncomingMessage, 'properties'>): string {
  return properties['chunk'] ?? '';
}

function isHead(head: unknown): head is Head {
  return (
    isObject(head) &&
    isScope(head['scope']) &&
    [head['turn'], head['incarnation'], head['to'], head['sinceMs'] ?? 0].every(isCount) &&
    isLane(head['lane']) &&
    isList(head['pages'], isCount) &&
    head['pages'].length > 0 &&
    isList(head['copies'], (copy) => isNamed(copy, 6)) &&
    isList(head['splices'], (splice) => isNamed(splice, 5))
  );
}

function isLane(lane: unknown): lane is CopiesLane {
  if (!isObject(lane)) return false;
  const { cluster, topic, partitions, base = 0, former } = lane;
  return (
    typeof cluster === 'string' &&
    typeof topic === 'string' &&
    [partitions, base].every(isCount) &&
    (former === undefined || isLane(former))
  );
}

/** A host, and then numbers. */
function isNamed(value: unknown, length: number): boolean {
  if (!Array.isArray(value) || value.length !== length) return false;
  const [host, ...numbers] = value as readonly unknown[];
  return typeof host === 'string' && host !== '' && numbers.every(isCount);
}

function isList<T>(value: unknown, is: (item: unknown) => item is T): value is T[];
function isList(value: unknown, is: (item: unknown) => boolean): value is unknown[];
function isList(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}

function malformed(how: string): PlatformError {
  return new PlatformError('invalid_argument', `chunk ${how}`);
}
