import { keys } from '../../../core/model/keys.ts';
import type { RouteTable, Subnet } from '../../../core/model/resources.ts';
import type { Transaction } from '../../../core/store/transaction.ts';
import { needAll } from '../locate.ts';

/** Counter of the route tables that name a subnet. */
export const subnetTablesCounter = (subnetId: string): string => `subnet-tables/${subnetId}`;

/** Keeps count of which subnets a table names. Newly named ones must exist, and cannot be deleted at the same time. */
export async function changeSubnets(
  tx: Transaction,
  before: readonly string[],
  after: readonly string[],
): Promise<void> {
  const added = after.filter((id) => !before.includes(id));
  await needAll<Subnet>(tx, 'subnet', added);
  for (const id of added) tx.count(subnetTablesCounter(id), 1);
  for (const id of before) if (!after.includes(id)) tx.count(subnetTablesCounter(id), -1);
}

export async function removeRouteTable(tx: Transaction, tableId: string): Promise<void> {
  const table = await tx.get<RouteTable>(keys.routeTable(tableId));
  await changeSubnets(tx, table?.value.subnetIds ?? [], []);
  tx.remove(keys.routeTable(tableId));
}
