/** The end of a membership: a slot is free once its fence was acknowledged, by the host or in its place. */
import { keys, scopes } from '../model/keys.ts';
import type { Member } from '../model/resources.ts';
import type { Scope, Store } from '../store/port.ts';
import { transact } from '../store/transaction.ts';
import type { Transaction } from '../store/transaction.ts';
import { freeDrained } from './membership.ts';

/** Catalog of slots whose fence was sent and that are not free yet. Hints: the slot's record decides. */
export const DRAINING = 'draining';

export interface Draining {
  readonly vpcId: string;
  readonly released: Member;
}

export function drainingId({ vpcId, released }: Draining): string {
  const { partition, slot, epoch, hostId } = released;
  return [vpcId, partition, slot, epoch, hostId].join('/');
}

/** Undefined = not such an id. */
export function parseDrainingId(id: string): Draining | undefined {
  const [, vpcId, partition, slot, epoch, hostId] = /^([^/]+)\/(\d+)\/(\d+)\/(\d+)\/([^/]+)$/.exec(id) ?? [];
  if (vpcId === undefined || hostId === undefined) return undefined;
  const released = { hostId, partition: Number(partition), slot: Number(slot), epoch: Number(epoch) };
  return { vpcId, released };
}

/**
 * Frees a slot whose fence was acknowledged, and forgets what there is of the assignment. May be repeated, also when
 * slot and host have long been together with others. Answers with the scopes that were written to, which are to be
 * dispatched; a crash before that leaves them to the sweep.
 */
export async function endMembership(store: Store, { vpcId, released }: Draining): Promise<Scope[]> {
  const written: Scope[] = [];
  const change = async (scope: Scope, body: (tx: Transaction) => Promise<void>): Promise<void> => {
    const { wrote } = await transact(store, scope, async (tx) => {
      await body(tx);
      if (!tx.empty) await store.announce(scope);
    });
    if (wrote) written.push(scope);
  };
  // First, since whoever finds the slot free does not come here again, and a host with a report counts as a member.
  await store.forgetReport(scopes.vpc(vpcId), released.hostId, released.epoch);
  await change(scopes.vpc(vpcId), async (tx) => {
    await freeDrained(tx, released);
  });
  await change(scopes.host(released.hostId), async (tx) => {
    const key = keys.assignment(vpcId, released.epoch);
    const isRemoved = (await tx.get(key)) === undefined && tx.seenRevision > 0;
    // Also one that was never written: its dispatcher may be late, and must find that it is over.
    if (!isRemoved) tx.remove(key);
  });
  await store.delist(DRAINING, drainingId({ vpcId, released }));
  return written;
}
