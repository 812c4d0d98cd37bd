import type { ServerDeps } from '../../deps.ts';
import { readHosts } from '../host/registered.ts';
import type { BindTarget } from './bindings.ts';
import { missing } from './errors.ts';
import { refreshTunnelEndpoints } from './refresh-tunnel-endpoints.ts';

export interface HostWish {
  readonly hostId: string;
  /** Path in the request. */
  readonly hostField: string;
}

/** The hosts as they are registered now; a host that is not is an error that names its field. */
export async function bindTargets(
  deps: Pick<ServerDeps, 'store'>,
  wishes: readonly HostWish[],
): Promise<Map<string, BindTarget>> {
  const fields = new Map(wishes.map(({ hostId, hostField }) => [hostId, hostField]));
  const ids = [...fields.keys()];
  const hosts = await readHosts(deps.store, ids);
  return new Map(
    ids.map((hostId, i) => {
      const host = hosts[i]?.value;
      if (host === undefined) throw missing(fields.get(hostId) ?? '', 'host', hostId);
      return [hostId, { hostId, vtepIp: host.vtepIp }];
    }),
  );
}

/**
 * After the commit: a host whose tunnel endpoint changed between being read and the commit may have looked for its
 * ports before these were there.
 */
export async function recheckTargets(
  deps: ServerDeps,
  vpcId: string,
  targets: ReadonlyMap<string, BindTarget>,
): Promise<void> {
  const ids = [...targets.keys()];
  const hosts = await readHosts(deps.store, ids);
  for (const [i, hostId] of ids.entries()) {
    const host = hosts[i]?.value;
    if (host === undefined || host.vtepIp === targets.get(hostId)?.vtepIp) continue;
    await refreshTunnelEndpoints(deps, hostId, [vpcId]);
  }
}
