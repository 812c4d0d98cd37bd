import type { Decoded } from '../../../core/codec/records.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Port } from '../../../core/model/resources.ts';
import type { RecordKey } from '../../../core/store/port.ts';
import type { ServerDeps } from '../../deps.ts';
import { settleBindings } from '../../port-status.ts';
import { readHosts } from '../host/registered.ts';
import { mutate } from '../locate.ts';
import { isDefined } from '../paging.ts';
import { portIdsOnHost } from './ports-on-host.ts';

const BATCH = 500;

/**
 * Brings the bindings on a host up to its present tunnel endpoint, in the VPCs named or in all of them. One commit per
 * 500 ports of a VPC; each reads the host anew, so that the last change of the endpoint wins. Writes nothing where
 * nothing is outdated.
 */
export async function refreshTunnelEndpoints(
  deps: Pick<ServerDeps, 'store' | 'wake'>,
  hostId: string,
  vpcIds?: readonly string[],
): Promise<void> {
  const byVpc = await portIdsOnHost(deps.store, hostId);
  for (const [vpcId, portIds] of byVpc) {
    if (vpcIds !== undefined && !vpcIds.includes(vpcId)) continue;
    for (let from = 0; from < portIds.length; from += BATCH) {
      await refreshBatch(deps, hostId, vpcId, portIds.slice(from, from + BATCH).map(keys.port));
    }
  }
}

async function refreshBatch(
  deps: Pick<ServerDeps, 'store' | 'wake'>,
  hostId: string,
  vpcId: string,
  batch: readonly RecordKey[],
): Promise<void> {
  const scope = scopes.vpc(vpcId);
  await mutate(deps, scope, undefined, async (tx) => {
    const [host] = await readHosts(deps.store, [hostId]);
    const vtepIp = host?.value.vtepIp ?? '';
    const ports = (await tx.getMany<Port>(batch)).filter(isDefined);
    for (const port of ports)
      if (isOutdated(port, hostId, vtepIp)) tx.put(port.key, withEndpoint(port, hostId, vtepIp));
  });
}

function isOutdated(port: Decoded<Port>, hostId: string, vtepIp: string): boolean {
  return port.value.bindings.some((binding) => binding.hostId === hostId && binding.vtepIp !== vtepIp);
}

function withEndpoint(port: Decoded<Port>, hostId: string, vtepIp: string): Port {
  const bindings = settleBindings(port).map((binding) =>
    binding.hostId === hostId ? { ...binding, vtepIp } : binding,
  );
  return { ...port.value, bindings };
}
