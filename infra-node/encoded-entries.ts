import { encodeEntry } from '../core/codec/entries.ts';
import { joinPayload } from '../core/codec/envelope.ts';
import { packFanOutBody } from '../core/codec/fan-out.ts';
import type { Assignment } from '../core/model/resources.ts';
import type { Entry, Projection } from '../core/model/view.ts';

/** Undefined = the entry has no place in a message of this kind. */
interface Forms {
  readonly local: string | undefined;
  readonly remote: string | undefined;
}

interface Page {
  readonly start: number;
  readonly end: number;
  remote: Joined | undefined;
}

/** A page for hosts that have no local form in it. */
interface Joined {
  readonly payload: Buffer;
  /** The entries alone. */
  readonly body: Buffer;
  /** Where in `body` each entry begins, and where the last one ends. */
  readonly offsets: readonly number[];
}

/** The messages for one host, made one at a time, since a snapshot can be large. */
export interface Payloads {
  readonly parts: number;
  payload(part: number): Buffer;
}

export interface EncodeOptions {
  readonly maxBytes: number;
  /** Changes name what the host shall not have; a snapshot leaves it out. */
  readonly removals: boolean;
}

/**
 * Entries encoded once in each of their two forms, however many hosts they go to. They are divided into pages the
 * same way for all; a page that holds no local form for a host is one buffer that it shares with all such hosts.
 */
export class EncodedEntries {
  readonly #forms: Forms[] = [];
  readonly #pages: Page[] = [];
  /** Host -> the indices of the entries that it gets in their local form. */
  readonly #local = new Map<string, number[]>();
  #largestPart = 0;
  #largestForAll = 0;
  #concernsAll = false;

  constructor(projections: Iterable<Projection>, { maxBytes, removals }: EncodeOptions) {
    let start = 0;
    let bytes = 0;
    let bytesForAll = 0;
    for (const projection of projections) {
      const forms = encodeForms(projection, removals);
      if (forms.local === undefined && forms.remote === undefined) continue;
      const index = this.#forms.length;
      const size = Math.max(byteLength(forms.local), byteLength(forms.remote));
      if (index > start && bytes + size > maxBytes) {
        this.#pages.push({ start, end: index, remote: undefined });
        start = index;
        bytes = 0;
        bytesForAll = 0;
      }
      bytes += size;
      bytesForAll += sizeForAll(forms, projection.localHosts);
      this.#largestPart = Math.max(this.#largestPart, bytes);
      this.#largestForAll = Math.max(this.#largestForAll, bytesForAll);
      this.#forms.push(forms);
      if (forms.remote !== undefined) this.#concernsAll = true;
      for (const host of projection.localHosts) {
        const indices = this.#local.get(host);
        if (indices === undefined) this.#local.set(host, [index]);
        else indices.push(index);
      }
    }
    const end = this.#forms.length;
    if (end > start || this.#pages.length === 0) this.#pages.push({ start, end, remote: undefined });
  }

  /** Bytes, roughly. */
  get largestPart(): number {
    return this.#largestPart;
  }

  /** The same of {@link forAll}. */
  get largestForAll(): number {
    return this.#largestForAll;
  }

  /** False = its message would have nothing in it. */
  concerns(host: string): boolean {
    return this.#concernsAll || this.#local.has(host);
  }

  /** There is something for hosts that have no form of their own. */
  get concernsAll(): boolean {
    return this.#concernsAll;
  }

  /** An assignment travels with the entries if they fit into one message, else in one of its own before them. */
  for(host: string, assignment?: Assignment): Payloads {
    const [only, ...more] = this.#pages;
    if (assignment === undefined || only === undefined) {
      return { parts: this.#pages.length, payload: (part) => this.#payload(host, part) };
    }
    if (more.length === 0) return { parts: 1, payload: () => this.#join(only, host, assignment) };
    return {
      parts: this.#pages.length + 1,
      payload: (part) => (part === 0 ? joinPayload([], assignment) : this.#payload(host, part - 1)),
    };
  }

  /**
   * For all hosts at once: the form for most of them, and beside it the local forms of those that have any. What has one
   * form only is there once for all, and left by those that it does not concern.
   */
  forAll(): Payloads {
    return {
      parts: this.#pages.length,
      payload: (part) => {
        const page = this.#pages[part];
        if (page === undefined) throw new RangeError(`no part ${part}`);
        const forms = this.#forms.slice(page.start, page.end);
        const common = forms.map(({ local, remote }) => remote ?? local).join('');
        return packFanOutBody(Buffer.from(common), this.#localForms(page));
      },
    };
  }

  #localForms({ start, end }: Page): Map<string, Buffer> {
    const forms = new Map<string, Buffer>();
    for (const [host, indices] of this.#local) {
      const own = indices.filter((index) => index >= start && index < end && this.#hasBoth(index));
      if (own.length > 0)
        forms.set(host, Buffer.from(own.map((index) => this.#forms[index]?.local).join('')));
    }
    return forms;
  }

  #hasBoth(index: number): boolean {
    const { local, remote } = this.#forms[index] ?? {};
    return local !== undefined && remote !== undefined;
  }

  #payload(host: string, part: number): Buffer {
    const page = this.#pages[part];
    if (page === undefined) throw new RangeError(`no part ${part}`);
    return this.#join(page, host);
  }

  /** Bytes that a host shares with others are copied, at most, and never encoded again. */
  #join(page: Page, host: string, assignment?: Assignment): Buffer {
    page.remote ??= this.#joinRemote(page);
    const { payload, body, offsets } = page.remote;
    const local = (this.#local.get(host) ?? []).filter((index) => index >= page.start && index < page.end);
    if (local.length === 0 && assignment === undefined) return payload;
    const pieces: Buffer[] = [];
    let at = 0;
    for (const index of local) {
      pieces.push(body.subarray(at, offsets[index - page.start]), bytesOf(this.#forms[index]?.local));
      at = offsets[index - page.start + 1] ?? body.length;
    }
    return joinPayload([...pieces, body.subarray(at)], assignment);
  }

  #joinRemote({ start, end }: Page): Joined {
    const offsets = [0];
    let length = 0;
    const pieces = this.#forms.slice(start, end).map(({ remote }) => {
      const piece = bytesOf(remote);
      length += piece.length;
      offsets.push(length);
      return piece;
    });
    const body = Buffer.concat(pieces);
    return { payload: joinPayload([body]), body, offsets };
  }
}

function encodeForms({ local, remote }: Projection, removals: boolean): Forms {
  const encode = (entry: Entry | undefined): string | undefined =>
    entry === undefined || (entry.body === undefined && !removals) ? undefined : encodeEntry(entry);
  const text = encode(local);
  return { local: text, remote: remote === local ? text : encode(remote) };
}

function bytesOf(text: string | undefined): Buffer {
  return Buffer.from(text ?? '');
}

/** Of what says where a host's own forms are. */
const PLACE_BYTES = 20;

/** The common form, and for each host that has its own one its name and that. */
function sizeForAll({ local, remote }: Forms, localHosts: ReadonlySet<string>): number {
  const common = byteLength(remote ?? local);
  if (local === undefined || remote === undefined) return common;
  let size = common;
  for (const host of localHosts) size += PLACE_BYTES + byteLength(host) + byteLength(local);
  return size;
}

function byteLength(text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(text);
}
