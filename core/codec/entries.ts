import { PlatformError } from '../errors.ts';
import type { Entry } from '../model/view.ts';
import type { RecordKey } from '../store/port.ts';

const TAB = 9;
const LINE_FEED = 10;
const ZERO = 48;
const NINE = 57;

/**
 * An entry as a line: key, revision and body with tabs between them, the body empty if the host shall not have it. It is
 * joined into payloads without being encoded again. Neither an id nor JSON text contains a tab or a line feed, so nobody
 * parses a body to find where it ends: of the many neighbours that a host is told of, it may look into few.
 */
export function encodeEntry({ key, revision, body = '' }: Entry): string {
  return `${key}\t${revision}\t${body}\n`;
}

/** Throws `invalid_argument`. Bodies are not looked into. */
export function decodeEntries(lines: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < lines.length;) {
    const end = lines.indexOf(LINE_FEED, at);
    const tab = lines.indexOf(TAB, at);
    if (end < 0 || tab <= at || tab > end) throw malformed();
    let revision = 0;
    let next = tab + 1;
    for (; next < end && lines[next] !== TAB; next++) revision = revision * 10 + digit(lines[next]);
    if (next === tab + 1 || next === end || !Number.isSafeInteger(revision)) throw malformed();
    entries.push({
      key: lines.toString('utf8', at, tab) as RecordKey,
      revision,
      body: next + 1 === end ? undefined : lines.toString('utf8', next + 1, end),
    });
    at = end + 1;
  }
  return entries;
}

function digit(byte = 0): number {
  return byte >= ZERO && byte <= NINE ? byte - ZERO : NaN;
}

function malformed(): PlatformError {
  return new PlatformError('invalid_argument', 'message with a malformed entry');
}
