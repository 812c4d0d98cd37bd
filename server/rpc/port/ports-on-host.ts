import type { Store } from '../../../core/store/port.ts';
import { hostCatalog } from './hints.ts';

const PAGE = 1_000;

/** All of a catalog. */
export async function wholeCatalog(store: Store, catalog: string): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const page = await store.catalog(catalog, ids.at(-1) ?? '', PAGE);
    ids.push(...page);
    if (page.length < PAGE) return ids;
  }
}

/** By VPC, the ids of ports that may be bound on a host; none that is bound there is missing. */
export async function portIdsOnHost(store: Store, hostId: string): Promise<Map<string, string[]>> {
  const ids = await wholeCatalog(store, hostCatalog(hostId));
  const vpcIds = await store.owners('port', ids);
  const byVpc = new Map<string, string[]>();
  ids.forEach((id, i) => {
    const vpcId = vpcIds[i];
    if (vpcId === undefined) return;
    const known = byVpc.get(vpcId);
    if (known === undefined) byVpc.set(vpcId, [id]);
    else known.push(id);
  });
  return byVpc;
}
