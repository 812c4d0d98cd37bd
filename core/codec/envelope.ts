/**
 * What travels to hosts. The header is in the message's properties and differs from host to host; the payload is
 * shared bytes. Each lane of a scope is a chain: a message says that it covers everything for the host in the range
 * (from, to], and the next one starts where it ended. A hole in the chain is a lost message, however it was lost;
 * a message sent twice is harmless. No counter has to be reserved before sending.
 */
import { PlatformError } from '../errors.ts';
import type { Properties } from '../messaging/port.ts';
import type { Assignment } from '../model/resources.ts';
import type { Entry } from '../model/view.ts';
import type { Scope } from '../store/port.ts';
import { decodeEntries } from './entries.ts';
import { joinHeaded, splitHeaded } from './headed.ts';
import { decodePart, decodeTimed, encodeProperties, flag, integer, text } from './properties.ts';
import type { Part, Timed } from './properties.ts';
import { isObject } from './shapes.ts';

interface Stamp {
  readonly scope: Scope;
  /** The addressee; whoever else receives it drops it. */
  readonly host: string;
  /** Of the addressee's assignment to the scope. */
  readonly epoch: number;
  /** Of the scope in the store. */
  readonly incarnation: number;
}

/** Changes in the range (from, to]. The range is covered when the last part was applied. */
export interface ChangesHeader extends Stamp, Part, Timed {
  readonly kind: 'changes';
  readonly from: number;
  readonly to: number;
  /** The sender's window for the host is filling: it waits for a report. */
  readonly ask: boolean;
  /** The answer to a host that asked for what it lacks, with the number it gave. */
  readonly tail?: number;
}

/** All that the host shall hold of the scope at the revision `to`. */
export interface SnapshotHeader extends Stamp, Part, Timed {
  readonly kind: 'snapshot';
  readonly to: number;
}

/** Nothing follows for this assignment. */
export interface FenceHeader extends Stamp {
  readonly kind: 'fence';
  /** The addressee stays a member by another slot, of which it may not have heard yet. Absent = no. */
  readonly moved?: boolean;
}

export type Header = ChangesHeader | SnapshotHeader | FenceHeader;

export interface Body {
  readonly entries: readonly Entry[];
  /** With a snapshot that makes the host a member: where to listen from now on. */
  readonly assignment?: Assignment;
}

export function encodeHeader(header: Header): Properties {
  return encodeProperties(header);
}

export function decodeHeader(properties: Properties): Header {
  const stamp = {
    scope: text(properties, 'scope') as Scope,
    host: text(properties, 'host'),
    epoch: integer(properties, 'epoch'),
    incarnation: integer(properties, 'incarnation'),
  };
  const kind = text(properties, 'kind');
  switch (kind) {
    case 'changes':
      return {
        kind,
        ...stamp,
        ...decodePart(properties),
        ...decodeTimed(properties),
        from: integer(properties, 'from'),
        to: integer(properties, 'to'),
        ask: flag(properties, 'ask'),
        ...(properties['tail'] === undefined ? {} : { tail: integer(properties, 'tail') }),
      };
    case 'snapshot':
      return {
        kind,
        ...stamp,
        ...decodePart(properties),
        ...decodeTimed(properties),
        to: integer(properties, 'to'),
      };
    case 'fence':
      return {
        kind,
        ...stamp,
        ...(properties['moved'] === undefined ? {} : { moved: flag(properties, 'moved') }),
      };
    default:
      throw new PlatformError('invalid_argument', `message of unknown kind ${JSON.stringify(kind)}`);
  }
}

/** Default limit of a payload, bytes: well under the broker's 5 MiB frame, and small enough to be read while the next is sent. */
export const MAX_PAYLOAD_BYTES = 1_000_000;

/**
 * Joins encoded entries into as few payloads as the limit allows; at least one, empty if there are no entries. A single
 * entry above the limit gets a payload of its own.
 */
export function packPayloads(
  entries: readonly string[],
  assignment?: Assignment,
  maxBytes: number = MAX_PAYLOAD_BYTES,
): Buffer[] {
  const payloads: Buffer[] = [];
  let page: Buffer[] = [];
  let bytes = 0;
  const flush = (): void => {
    payloads.push(joinPayload(page, payloads.length === 0 ? assignment : undefined));
    page = [];
    bytes = 0;
  };
  for (const entry of entries) {
    const line = Buffer.from(entry);
    if (page.length > 0 && bytes + line.length > maxBytes) flush();
    page.push(line);
    bytes += line.length;
  }
  if (page.length > 0 || payloads.length === 0) flush();
  return payloads;
}

/** A payload of encoded entries: a line of JSON with what else there is, and theirs. */
export function joinPayload(entries: readonly Buffer[], assignment?: Assignment): Buffer {
  return joinHeaded({ assignment }, entries);
}

export function decodeBody(payload: Buffer): Body {
  const { head, rest } = splitHeaded(payload);
  const entries = decodeEntries(rest);
  const assignment = head['assignment'];
  if (assignment !== undefined && !isObject(assignment)) {
    throw new PlatformError('invalid_argument', 'message with a malformed assignment');
  }
  return assignment !== undefined
    ? { entries, assignment: assignment as unknown as Assignment }
    : { entries };
}
