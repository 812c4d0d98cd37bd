import { encodeEntry, packPayloads } from '../core/codec/envelope.ts';
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
  shared: Buffer | undefined;
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

  constructor(projections: Iterable<Projection>, { maxBytes, removals }: EncodeOptions) {
    let start = 0;
    let bytes = 0;
    for (const { local, remote, localHosts } of projections) {
      const forms = encodeForms(local, remote, removals);
      if (forms.local === undefined && forms.remote === undefined) continue;
      const index = this.#forms.length;
      const size = 1 + Math.max(byteLength(forms.local), byteLength(forms.remote));
      if (index > start && bytes + size > maxBytes) {
        this.#pages.push({ start, end: index, shared: undefined });
        start = index;
        bytes = 0;
      }
      bytes += size;
      this.#largestPart = Math.max(this.#largestPart, bytes);
      this.#forms.push(forms);
      for (const host of localHosts) {
        const indices = this.#local.get(host);
        if (indices === undefined) this.#local.set(host, [index]);
        else indices.push(index);
      }
    }
    const end = this.#forms.length;
    if (end > start || this.#pages.length === 0) this.#pages.push({ start, end, shared: undefined });
  }

  /** Bytes, roughly. */
  get largestPart(): number {
    return this.#largestPart;
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
      payload: (part) => (part === 0 ? pack([], assignment) : this.#payload(host, part - 1)),
    };
  }

  #payload(host: string, part: number): Buffer {
    const page = this.#pages[part];
    if (page === undefined) throw new RangeError(`no part ${part}`);
    const hasLocal = this.#local.get(host)?.some((index) => index >= page.start && index < page.end);
    if (hasLocal === true) return this.#join(page, host);
    page.shared ??= this.#join(page, undefined);
    return page.shared;
  }

  #join({ start, end }: Page, host: string | undefined, assignment?: Assignment): Buffer {
    const local = new Set(host === undefined ? [] : this.#local.get(host));
    const texts = this.#forms
      .slice(start, end)
      .map((forms, offset) => (local.has(start + offset) ? forms.local : forms.remote));
    return pack(
      texts.filter((text) => text !== undefined),
      assignment,
    );
  }
}

function encodeForms(local: Entry, remote: Entry, removals: boolean): Forms {
  const encode = (entry: Entry): string | undefined =>
    entry.body === undefined && !removals ? undefined : encodeEntry(entry);
  const text = encode(local);
  return { local: text, remote: remote === local ? text : encode(remote) };
}

function pack(texts: readonly string[], assignment?: Assignment): Buffer {
  const [payload] = packPayloads(texts, assignment, Infinity);
  return payload ?? Buffer.alloc(0);
}

function byteLength(text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(text);
}
