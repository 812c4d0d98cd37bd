import { addToDigest, digestOf, EMPTY_DIGEST } from '../../core/model/digest.ts';
import { groupIdOf, isGroup } from '../../core/model/interest.ts';
import { concernedIn, project } from '../../core/model/view.ts';
import type { Projection } from '../../core/model/view.ts';
import type { StoredRecord } from '../../core/store/port.ts';

/** Records in one go, between which others get their turn. */
const STEP = 2_000;

/**
 * The digest of what each host of a VPC shall hold. Both forms of a port carry the same key and revision, so hosts
 * differ only in ports that are no neighbours to the others and in their security groups: one sum for all, and for each
 * host what it has besides, with the newest revision of that (0 = it has nothing besides).
 */
export async function expectedDigests(
  records: readonly StoredRecord[],
): Promise<(hostId: string) => { readonly digest: number; readonly newestOwn: number }> {
  let shared = EMPTY_DIGEST;
  const own = new Map<string, StoredRecord[]>();
  const add = (hosts: Iterable<string>, record: StoredRecord): void => {
    for (const host of hosts) {
      const known = own.get(host);
      if (known === undefined) own.set(host, [record]);
      else known.push(record);
    }
  };
  const ports: Projection[] = [];
  for (const [i, record] of records.entries()) {
    if (i % STEP === STEP - 1) await new Promise((resolve) => setImmediate(resolve));
    if (isGroup(record.key)) continue;
    const projection = project(record);
    const { remote, localHosts, groupIds } = projection;
    if (groupIds.length > 0) ports.push(projection);
    if (remote?.body !== undefined) shared = addToDigest(shared, remote);
    else add(localHosts, record);
  }
  const concerned = concernedIn(records, ports);
  for (const record of records) {
    if (isGroup(record.key)) add(concerned.get(groupIdOf(record.key)) ?? [], record);
  }
  return (hostId) => {
    const records = own.get(hostId) ?? [];
    return {
      digest: records.reduce(addToDigest, shared),
      newestOwn: records.reduce((newest, { revision }) => Math.max(newest, revision), 0),
    };
  };
}

/** A host's own scope holds the same for whoever asks. */
export function expectedDigest(records: readonly StoredRecord[]): number {
  return digestOf(records);
}
