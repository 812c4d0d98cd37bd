import type { RecordKey } from '../../../core/store/port.ts';
import type { Transaction } from '../../../core/store/transaction.ts';

export interface IndexedSubnet {
  readonly id: string;
  readonly cidr: string;
}

/**
 * Unlogged: the subnets of the VPC with their ranges, in the order in which they were made. Whoever makes or deletes a
 * subnet writes it, so two calls that could overlap conflict.
 */
export const subnetIndexKey: RecordKey = 'subnets/all';

interface SubnetIndex {
  readonly subnets: readonly IndexedSubnet[];
}

export async function readSubnetIndex(tx: Transaction): Promise<readonly IndexedSubnet[]> {
  return (await tx.get<SubnetIndex>(subnetIndexKey))?.value.subnets ?? [];
}

export function writeSubnetIndex(tx: Transaction, subnets: readonly IndexedSubnet[]): void {
  if (subnets.length === 0) tx.remove(subnetIndexKey, { logged: false });
  else tx.put(subnetIndexKey, { subnets } satisfies SubnetIndex, { logged: false });
}
