import { keys } from '../../../core/model/keys.ts';
import type { RouteTable, SecurityGroup, Subnet } from '../../../core/model/resources.ts';
import type { ScopeStore, StoredRecord } from '../../../core/store/port.ts';
import type { Transaction } from '../../../core/store/transaction.ts';
import { removeRouteTable } from '../route-table/references.ts';
import { removeSecurityGroup } from '../security-group/references.ts';
import { readSubnetIndex, writeSubnetIndex } from '../subnet/subnet-index.ts';
import { isDefined } from '../paging.ts';

const PAGE = 1000;

/** Removes all that a VPC holds besides ports, with what is counted about it. */
export async function removeContents(store: ScopeStore, tx: Transaction): Promise<void> {
  for (const { id } of await all<SecurityGroup>(store, tx, 'security-group'))
    await removeSecurityGroup(tx, id);
  for (const { id } of await all<RouteTable>(store, tx, 'route-table')) await removeRouteTable(tx, id);
  for (const { id } of await all<Subnet>(store, tx, 'subnet')) tx.remove(keys.subnet(id));
  for (const { name } of await all<{ name: string }>(store, tx, 'config')) tx.remove(keys.config(name));
  if ((await tx.get(keys.fanOutLane)) !== undefined) tx.remove(keys.fanOutLane);
  if ((await readSubnetIndex(tx)).length > 0) writeSubnetIndex(tx, []);
}

/** Reads within the transaction what the listing found, so that nothing of it changes unseen. */
async function all<T>(store: ScopeStore, tx: Transaction, kind: string): Promise<T[]> {
  const found: T[] = [];
  let page: StoredRecord[] = [];
  for (let after = ''; after === '' || page.length === PAGE;) {
    page = await store.list(tx.scope, kind, after, PAGE);
    const read = await tx.getMany<T>(page.map((record) => record.key));
    found.push(...read.filter(isDefined).map((record) => record.value));
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.key.slice(kind.length + 1);
  }
  return found;
}
