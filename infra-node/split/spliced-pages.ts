import type { Payloads } from '../encoded-entries.ts';
import type { HostPayloads } from './chunk.ts';

/** A stretch of a page for which a host has other bytes: its local forms. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
}

/** Pages that all hosts share, but for what some have in place of a stretch of them. */
export class SplicedPages implements HostPayloads {
  readonly pages: readonly Buffer[];
  /** Host -> page -> its splice. */
  readonly own: ReadonlyMap<string, ReadonlyMap<number, Splice>>;
  readonly largestPart: number;

  constructor(pages: readonly Buffer[], own: ReadonlyMap<string, ReadonlyMap<number, Splice>>) {
    this.pages = pages;
    this.own = own;
    this.largestPart = Math.max(...pages.map((page) => page.length));
  }

  /** The same bytes for these hosts, whatever makes them. */
  static of(payloads: HostPayloads, hosts: readonly string[]): SplicedPages {
    // No host has this name, so nothing in it is local.
    const pages = all(payloads.for(''));
    const own = new Map<string, ReadonlyMap<number, Splice>>();
    for (const host of hosts) {
      const splices = new Map<number, Splice>();
      all(payloads.for(host)).forEach((payload, n) => {
        const page = pages[n];
        if (page !== undefined && payload !== page) splices.set(n, spliceOf(page, payload));
      });
      if (splices.size > 0) own.set(host, splices);
    }
    return new SplicedPages(pages, own);
  }

  for(host: string): Payloads {
    const splices = this.own.get(host);
    return { parts: this.pages.length, payload: (part) => this.#payload(part, splices?.get(part)) };
  }

  #payload(part: number, splice: Splice | undefined): Buffer {
    const page = this.pages[part];
    if (page === undefined) throw new RangeError(`no part ${part}`);
    if (splice === undefined) return page;
    return Buffer.concat([page.subarray(0, splice.start), splice.bytes, page.subarray(splice.end)]);
  }
}

function all(payloads: Payloads): Buffer[] {
  return Array.from({ length: payloads.parts }, (_, part) => payloads.payload(part));
}

/** From the first byte that differs to the last one. */
function spliceOf(page: Buffer, payload: Buffer): Splice {
  const shorter = Math.min(page.length, payload.length);
  let start = 0;
  while (start < shorter && page[start] === payload[start]) start++;
  let tail = 0;
  while (tail < shorter - start && page[page.length - 1 - tail] === payload[payload.length - 1 - tail])
    tail++;
  return { start, end: page.length - tail, bytes: payload.subarray(start, payload.length - tail) };
}
