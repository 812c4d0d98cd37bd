import { decodeRecord } from '../../core/codec/records.ts';
import type { Decoded } from '../../core/codec/records.ts';
import { invalid } from '../../core/errors.ts';
import type { Scope, Store } from '../../core/store/port.ts';
import { integer } from '../fields.ts';

const DEFAULT_SIZE = 100;
const MAX_SIZE = 1000;
const TOKEN_CONTENT = /^[A-Za-z0-9._-]{1,64}$/;

export interface Page {
  /** Items to return at most. */
  readonly size: number;
  /** The last id of the page before; '' = from the start. */
  readonly after: string;
}

export interface PageOf<T> {
  readonly items: T[];
  /** '' = there are no more. */
  readonly nextPageToken: string;
}

export function pageOf(request: { readonly pageSize: number; readonly pageToken: string }): Page {
  const size = integer('page_size', request.pageSize, 0, MAX_SIZE) || DEFAULT_SIZE;
  if (request.pageToken === '') return { size, after: '' };
  const after = Buffer.from(request.pageToken, 'base64url').toString('utf8');
  if (!TOKEN_CONTENT.test(after) || tokenFor(after) !== request.pageToken) {
    throw invalid('page_token', 'is not a token that this server made');
  }
  return { size, after };
}

export function tokenFor(lastId: string): string {
  return Buffer.from(lastId, 'utf8').toString('base64url');
}

/** Cuts a list that was read one item longer than the page, if there was one. */
export function cut<T>(page: Page, read: readonly T[], idOf: (item: T) => string): PageOf<T> {
  const items = read.slice(0, page.size);
  const last = items.at(-1);
  return { items, nextPageToken: read.length > page.size && last !== undefined ? tokenFor(idOf(last)) : '' };
}

/** A page of a scope's live logged records of one kind. */
export async function listRecords<T>(
  store: Store,
  scope: Scope,
  kind: string,
  page: Page,
): Promise<PageOf<Decoded<T>>> {
  const read = await store.list(scope, kind, page.after, page.size + 1);
  const { items, nextPageToken } = cut(page, read, (record) => record.key.slice(kind.length + 1));
  return { items: items.map((record) => decodeRecord<T>(record)).filter(isDefined), nextPageToken };
}

export function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}
