import { keys, scopes } from '../../../core/model/keys.ts';
import type { Store } from '../../../core/store/port.ts';
import { recordExists } from '../locate.ts';
import { portIdsOnHost } from '../port/ports-on-host.ts';

/** VPCs that the host is a member of, in order. */
export async function vpcsOnHost(store: Store, hostId: string): Promise<string[]> {
  const candidates = [...(await portIdsOnHost(store, hostId)).keys()].sort();
  const member = await Promise.all(
    candidates.map((vpcId) => recordExists(store, scopes.vpc(vpcId), keys.member(hostId))),
  );
  return candidates.filter((_vpcId, i) => member[i]);
}
