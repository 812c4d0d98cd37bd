import { addToDigest, digestOf, EMPTY_DIGEST } from '../../core/model/digest.ts';
import { project } from '../../core/model/view.ts';
import type { StoredRecord } from '../../core/store/port.ts';

/** Records in one go, between which others get their turn. */
const STEP = 2_000;

/**
 * The digest of what each host of a VPC shall hold. Both forms of a port carry the same key and revision, so hosts
 * differ only in ports that are no neighbours to the others: one sum for all, and for each host what it has besides.
 */
export async function expectedDigests(records: readonly StoredRecord[]): Promise<(hostId: string) => number> {
  let shared = EMPTY_DIGEST;
  const own = new Map<string, StoredRecord[]>();
  for (const [i, record] of records.entries()) {
    if (i % STEP === STEP - 1) await new Promise((resolve) => setImmediate(resolve));
    const { remote, localHosts } = project(record);
    if (remote.body !== undefined) {
      shared = addToDigest(shared, remote);
      continue;
    }
    for (const host of localHosts) {
      const known = own.get(host);
      if (known === undefined) own.set(host, [record]);
      else known.push(record);
    }
  }
  return (hostId) => (own.get(hostId) ?? []).reduce(addToDigest, shared);
}

/** A host's own scope holds the same for whoever asks. */
export function expectedDigest(records: readonly StoredRecord[]): number {
  return digestOf(records);
}
