/**
 * A sum that two sides compare instead of all they hold: over the key and the revision of each entry, in any order, so
 * that it can be kept up to date entry by entry. A record's revision stands for its contents.
 */
import { murmur3 } from '../placement/slots.ts';
import type { Entry } from './view.ts';

/** Keeps sums exact in a double, however many entries there are. */
const MODULUS = 2 ** 48;

export const EMPTY_DIGEST = 0;

export function addToDigest(digest: number, entry: Pick<Entry, 'key' | 'revision'>): number {
  return (digest + hashOf(entry)) % MODULUS;
}

export function takeFromDigest(digest: number, entry: Pick<Entry, 'key' | 'revision'>): number {
  return (digest - hashOf(entry) + MODULUS) % MODULUS;
}

export function digestOf(entries: Iterable<Pick<Entry, 'key' | 'revision'>>): number {
  let digest = EMPTY_DIGEST;
  for (const entry of entries) digest = addToDigest(digest, entry);
  return digest;
}

function hashOf({ key, revision }: Pick<Entry, 'key' | 'revision'>): number {
  return murmur3(`${key}@${revision}`);
}
