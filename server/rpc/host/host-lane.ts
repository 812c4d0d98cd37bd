import { PlatformError } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Lane, Member } from '../../../core/model/resources.ts';
import { enroll } from '../../../core/placement/membership.ts';
import { transact } from '../../../core/store/transaction.ts';
import { chooseCluster, countPlaced } from '../../clusters.ts';
import type { ServerDeps } from '../../deps.ts';
import { createLane, partitionsFor, pickPartition, withCapacity } from '../../lanes.ts';
import { recordExists } from '../locate.ts';

export interface HostLane {
  readonly lane: Lane;
  readonly member: Member;
}

const FIRST_EPOCH = 1;

/** The host's slot in the host lanes of one cluster: the one that it has or, the first time, a new one. */
export async function hostLane(deps: ServerDeps, hostId: string, requested: string): Promise<HostLane> {
  const cluster = await homeCluster(deps, hostId, requested);
  await ensureHostLanes(deps, cluster);
  const scope = scopes.lane(cluster);
  // Nobody is sent what a lane scope holds, so it is neither announced nor woken.
  const { result, wrote } = await withCapacity(deps, scope, () =>
    transact(deps.store, scope, async (tx): Promise<HostLane> => {
      const lane = (await tx.get<Lane>(keys.copiesLane))?.value;
      if (lane === undefined) throw new PlatformError('internal', `${scope} has no lane`);
      const held = (await tx.get<Member>(keys.member(hostId)))?.value;
      if (held !== undefined) return { lane, member: held };
      const partition = await pickPartition(deps, tx)();
      return { lane, member: await enroll(tx, hostId, FIRST_EPOCH, partition) };
    }),
  );
  if (wrote) await countPlaced(deps, 'hosts', cluster, 1);
  return result;
}

/** A claim decides between two calls that place a new host at the same time; it is never given back. */
async function homeCluster(deps: ServerDeps, hostId: string, requested: string): Promise<string> {
  const [known] = await deps.store.owners('host-lane', [hostId]);
  if (known !== undefined) return known;
  const { name } = await chooseCluster(deps, 'hosts', requested);
  const { owner } = await deps.store.claim('host-lane', hostId, name);
  return owner;
}

/** Makes the topic of a cluster's host lanes where it is missing. */
export async function ensureHostLanes(deps: ServerDeps, cluster: string): Promise<void> {
  const scope = scopes.lane(cluster);
  if (await recordExists(deps.store, scope, keys.copiesLane)) return;
  const lane = await createLane(deps, cluster, deps.topics.hosts, partitionsFor(0, deps.limits));
  await transact(deps.store, scope, async (tx) => {
    if ((await tx.get<Lane>(keys.copiesLane)) === undefined) tx.put(keys.copiesLane, lane);
  });
}
