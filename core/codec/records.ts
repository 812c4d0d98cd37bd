import type { RecordKey, StoredRecord } from '../store/port.ts';

/** A record that exists, with its body decoded. */
export interface Decoded<T> {
  readonly key: RecordKey;
  readonly revision: number;
  readonly value: T;
}

/**
 * Decodes a record that this program family wrote. The type is the caller's knowledge of the key: bodies in the store
 * were validated before they were written, so this is the one place that trusts them.
 */
export function decodeRecord<T>(record: StoredRecord): Decoded<T> | undefined {
  if (record.body === undefined) return undefined;
  return { key: record.key, revision: record.revision, value: JSON.parse(record.body) as T };
}

export function encodeBody(value: object): string {
  return JSON.stringify(value);
}
