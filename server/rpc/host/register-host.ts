import { isDeepStrictEqual } from 'node:util';
import { decodeRecord } from '../../../core/codec/records.ts';
import { PlatformError } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Cluster, Host } from '../../../core/model/resources.ts';
import type { Store } from '../../../core/store/port.ts';
import type { PulsarClusterInput } from '../../../proto/gen/vpcast/v1/PulsarCluster.ts';
import type { RegisterHostRequest } from '../../../proto/gen/vpcast/v1/RegisterHostRequest.ts';
import type { RegisterHostResponseInput } from '../../../proto/gen/vpcast/v1/RegisterHostResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { presenceOf } from '../../leases/presence.ts';
import { claimId, mutate } from '../locate.ts';
import { isDefined } from '../paging.ts';
import { taken } from '../port/errors.ts';
import { refreshTunnelEndpoints } from '../port/refresh-tunnel-endpoints.ts';
import { HOST_CATALOG } from './host-catalog.ts';
import { publicLane } from '../public/public-lane.ts';
import { hostLane } from './host-lane.ts';
import { narrowHost } from './narrow.ts';
import type { HostDraft } from './narrow.ts';
import { presentHost } from './present.ts';
import { readHosts } from './registered.ts';
import { vpcsOnHost } from './vpcs-on-host.ts';

export async function registerHost(
  deps: ServerDeps,
  request: RegisterHostRequest,
): Promise<RegisterHostResponseInput> {
  const { store, topics, statusPartitions } = deps;
  const draft = narrowHost(request.host);
  const cluster = fields.optionalId('cluster', request.cluster);
  await claimTunnelEndpoint(deps, draft);
  const host = await writeHost(deps, draft, cluster);
  // Also when nothing changed: an earlier call may have been broken off before it came to this.
  await refreshTunnelEndpoints(deps, host.id);
  // So that also the lease of a host that never comes to report ends.
  await store.hear([host.id], await store.leaseClock());
  const [vpcIds, presence, clusters, { revision }, publicLanes] = await Promise.all([
    vpcsOnHost(store, host.id),
    presenceOf(deps, host.id),
    listClusters(store),
    store.status(scopes.host(host.id)),
    // Made here, so that whoever serves a kind can listen before there is a resource of it.
    Promise.all(host.serves.map(async (kind) => ({ kind, ...(await publicLane(deps, kind)) }))),
  ]);
  return {
    host: presentHost(host, vpcIds, presence),
    clusters,
    statusTopic: topics.status,
    statusPartitions,
    deadLetterTopic: topics.deadLetters,
    revision,
    publicLanes,
  };
}

async function claimTunnelEndpoint(deps: ServerDeps, { id, vtepIp }: HostDraft): Promise<void> {
  const isUsed = async (hostId: string): Promise<boolean> => {
    const [host] = await readHosts(deps.store, [hostId]);
    return host?.value.vtepIp === vtepIp;
  };
  try {
    await claimId(deps, 'vtep', vtepIp, id, isUsed);
  } catch (error) {
    const isTaken = error instanceof PlatformError && error.code === 'already_exists';
    throw isTaken ? taken('host.vtep_ip', 'vtep', vtepIp) : error;
  }
}

async function writeHost(deps: ServerDeps, draft: HostDraft, cluster: string): Promise<Host> {
  const { store } = deps;
  const place = await hostLane(deps, draft.id, cluster);
  await store.enlist(HOST_CATALOG, draft.id);
  const { result } = await mutate(deps, scopes.host(draft.id), undefined, async (tx) => {
    const key = keys.host(draft.id);
    const known = (await tx.get<Host>(key))?.value;
    const nowMs = deps.clock();
    // The lane is kept as it was: a later number of partitions says nothing about the host's slot.
    const lane =
      known !== undefined && isDeepStrictEqual(known.member, place.member) ? known.lane : place.lane;
    const host: Host = {
      ...draft,
      ...{ lane, member: place.member },
      createdAtMs: known?.createdAtMs ?? nowMs,
      updatedAtMs: known?.updatedAtMs ?? nowMs,
    };
    if (isDeepStrictEqual(known, host)) return { host, former: host.vtepIp };
    const changed = { ...host, updatedAtMs: nowMs };
    tx.put(key, changed);
    return { host: changed, former: known?.vtepIp ?? host.vtepIp };
  });
  if (result.former !== result.host.vtepIp) await store.release('vtep', result.former, draft.id);
  return result.host;
}

const MAX_CLUSTERS = 1_000;

async function listClusters(store: Store): Promise<PulsarClusterInput[]> {
  const records = await store.list(scopes.region, 'cluster', '', MAX_CLUSTERS);
  return records
    .map((record) => decodeRecord<Cluster>(record)?.value)
    .filter(isDefined)
    .map(({ name, serviceUrl }) => ({ name, serviceUrl }));
}
