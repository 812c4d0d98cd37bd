import type { AppliedLog } from '../applied-log.ts';
import type { Write } from '../vpc-writes.ts';

/** VPC -> ids of its hosts. */
export type Members = ReadonlyMap<string, readonly { readonly id: string }[]>;

/** Hosts that lack a change of one of their VPCs. */
export function lacking(log: AppliedLog, writes: readonly Write[], members: Members): number {
  let count = 0;
  for (const [vpcId, revision] of newest(writes)) {
    const hosts = members.get(vpcId) ?? [];
    count += hosts.length - log.reached(vpcId, hosts, revision);
  }
  return count;
}

/** When the last host had all of the changes; none of them may lack one. */
export function appliedAtMs(log: AppliedLog, writes: readonly Write[], members: Members): number {
  let last = 0;
  for (const [vpcId, revision] of newest(writes)) {
    for (const { id } of members.get(vpcId) ?? []) {
      const applied = log.of(vpcId, id).find((one) => one.revision >= revision);
      if (applied === undefined) throw new Error(`${id} lacks a change of ${vpcId}`);
      last = Math.max(last, applied.atMs);
    }
  }
  return last;
}

function newest(writes: readonly Write[]): Map<string, number> {
  const revisions = new Map<string, number>();
  for (const { vpcId, revision } of writes) {
    revisions.set(vpcId, Math.max(revision, revisions.get(vpcId) ?? 0));
  }
  return revisions;
}
