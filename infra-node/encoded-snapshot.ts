import { isResource, project } from '../core/model/view.ts';
import type { Scope, StoredRecord } from '../core/store/port.ts';
import { readSnapshot } from '../core/store/snapshot.ts';
import { EncodedEntries } from './encoded-entries.ts';
import type { Node } from './node.ts';

export interface EncodedSnapshot {
  readonly revision: number;
  readonly entries: EncodedEntries;
}

/** All of a VPC's resources at one revision, encoded for any number of hosts. */
export async function encodeSnapshot(node: Node, scope: Scope): Promise<EncodedSnapshot> {
  const { revision, records } = await readSnapshot(node.store, scope, node.options.changesPage);
  const resources = [...records.values()].filter((record) => isResource(record.key)).sort(byRevision);
  const entries = new EncodedEntries(resources.map(project), {
    maxBytes: node.options.maxPayloadBytes,
    removals: false,
  });
  await node.step('snapshot-read', scope);
  return { revision, entries };
}

/** The order is the same whoever reads: then two snapshots of one revision have the same parts, and may be mixed. */
function byRevision(one: StoredRecord, other: StoredRecord): number {
  if (one.revision !== other.revision) return one.revision - other.revision;
  return one.key < other.key ? -1 : 1;
}
