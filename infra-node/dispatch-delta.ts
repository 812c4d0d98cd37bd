import { isResource } from '../core/model/view.ts';
import type { Scope, StoredRecord } from '../core/store/port.ts';
import type { Node } from './node.ts';

/** What a scope's log says in the range (from, through] of what hosts receive. */
export interface Delta {
  readonly from: number;
  readonly records: readonly StoredRecord[];
}

/** Reads the log after a revision; of more records than the limit only the last ones, with a later `from`. */
export async function readDelta(
  node: Node,
  scope: Scope,
  { after, through }: { readonly after: number; readonly through: number },
  isForHosts = (record: StoredRecord): boolean => isResource(record.key),
): Promise<Delta> {
  const { changesPage, deltaRecords } = node.options;
  let from = after;
  let records: StoredRecord[] = [];
  for (let at = after; at < through;) {
    const page = await node.store.changes(scope, at, changesPage);
    await node.step('changes-read', scope);
    // What has changed again since comes with a later range.
    records.push(...page.changes.filter((record) => record.revision <= through && isForHosts(record)));
    if (records.length > deltaRecords) {
      from = records.at(-deltaRecords - 1)?.revision ?? from;
      records = records.filter(({ revision }) => revision > from);
    }
    if (page.through >= page.head) break;
    at = page.through;
  }
  return { from, records };
}
