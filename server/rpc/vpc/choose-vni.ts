import { decodeRecord } from '../../../core/codec/records.ts';
import { PlatformError } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Vpc } from '../../../core/model/resources.ts';
import type { Store } from '../../../core/store/port.ts';
import type { ServerDeps } from '../../deps.ts';
import { tryClaim } from '../locate.ts';
import { MAX_VNI } from './narrow.ts';
import { removalKey } from './removal.ts';
import type { Removal } from './removal.ts';

const ATTEMPTS = 1000;

/** Takes the requested identifier or, for 0, the next one that is free. */
export async function chooseVni(
  deps: Pick<ServerDeps, 'store' | 'clock'>,
  vpcId: string,
  requested: number,
): Promise<number> {
  if (requested !== 0) {
    if (await take(deps, vpcId, requested)) return requested;
    throw new PlatformError('already_exists', `vpc.vni: ${requested} is taken by another VPC`, {
      violations: [{ field: 'vpc.vni', description: `${requested} is taken by another VPC` }],
      resource: { type: 'vni', id: String(requested) },
    });
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const vni = 1 + (((await deps.store.next('vni')) - 1) % MAX_VNI);
    if (await take(deps, vpcId, vni)) return vni;
  }
  throw new PlatformError('resource_exhausted', 'no free network identifier was found');
}

function take(deps: Pick<ServerDeps, 'store'>, vpcId: string, vni: number): Promise<boolean> {
  return tryClaim(deps, 'vni', String(vni), vpcId, (owner) => usesVni(deps.store, owner, vni));
}

/** A deleted VPC keeps its identifier until its hosts have left: packets under way must not reach another VPC. */
async function usesVni(store: Store, vpcId: string, vni: number): Promise<boolean> {
  const [vpc, removal] = await store.read(scopes.vpc(vpcId), [keys.vpc(vpcId), removalKey]);
  return (
    (vpc && decodeRecord<Vpc>(vpc))?.value.vni === vni ||
    (removal && decodeRecord<Removal>(removal))?.value.vni === vni
  );
}
