import { splitKey } from '../core/model/keys.ts';
import { isResource, projectAll } from '../core/model/view.ts';
import type { RecordKey, Scope, StoredRecord } from '../core/store/port.ts';
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
  const members = [...records.values()].flatMap(({ key }) => memberOf(key) ?? []);
  const entries = new EncodedEntries(projectAll(resources, members), {
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

function memberOf(key: RecordKey): string | undefined {
  const { kind, id } = splitKey(key);
  return kind === 'member' ? id : undefined;
}
