import type { RecordKey, Scope, ScopeStore, StoredRecord } from './port.ts';

export interface ScopeSnapshot {
  /** The records are exactly the scope's live logged ones at this revision. */
  readonly revision: number;
  readonly records: ReadonlyMap<RecordKey, StoredRecord>;
}

/**
 * Reads a whole scope while it is being written: the log from the beginning, page by page, until a page ends at the
 * head. A record changed meanwhile comes again on a later page, so the last version wins.
 */
export async function readSnapshot(
  store: ScopeStore,
  scope: Scope,
  pageSize = 1_000,
): Promise<ScopeSnapshot> {
  const records = new Map<RecordKey, StoredRecord>();
  let through = 0;
  for (;;) {
    const page = await store.changes(scope, through, pageSize);
    for (const record of page.changes) {
      // Deleted first, so that the map stays in the order of revisions.
      records.delete(record.key);
      if (record.body !== undefined) records.set(record.key, record);
    }
    through = page.through;
    if (through >= page.head) return { revision: through, records };
  }
}
