import { PlatformError } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { CopiesLane, Lane, Vpc } from '../../../core/model/resources.ts';
import { partitionsOf } from '../../../core/placement/lanes.ts';
import { membersCounter } from '../../../core/placement/membership.ts';
import { retry } from '../../../core/retry.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { RequestIdentity } from '../../../core/store/transaction.ts';
import type { MoveVpcRequest } from '../../../proto/gen/vpcast/v1/MoveVpcRequest.ts';
import type { VpcStatusInput } from '../../../proto/gen/vpcast/v1/VpcStatus.ts';
import { chooseCluster, countPlaced } from '../../clusters.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { GROWTH_PATIENCE, createLane, partitionsFor } from '../../lanes.ts';
import { inTurn } from '../../turn.ts';
import { mutate, need } from '../locate.ts';
import { getVpcStatus } from '../status/get-vpc-status.ts';
import { vpcCatalogs } from './catalogs.ts';
import { goOnMoving } from './move.ts';

export async function moveVpc(deps: ServerDeps, request: MoveVpcRequest): Promise<VpcStatusInput> {
  const id = fields.id('id', request.id);
  const wanted = fields.id('cluster', request.cluster);
  fields.requestId(request.requestId);
  const identity = identify('MoveVpc', request);
  const { name: cluster } = await chooseCluster(deps, 'vpcs', wanted);
  const left = await changeLane(deps, id, { cluster, always: request.newTopic }, identity);
  if (left !== undefined) {
    await countPlaced(deps, 'vpcs', left, -1);
    await countPlaced(deps, 'vpcs', cluster, 1);
  }
  try {
    await goOnMoving(deps, id);
  } catch (error) {
    deps.logger.warn('the hosts of a VPC are not all moved yet', { vpc: id, error });
  }
  return getVpcStatus(deps, { id, pageSize: 0, pageToken: '' });
}

interface Wanted {
  readonly cluster: string;
  /** Also if it is there already. */
  readonly always: boolean;
}

/** Gives the VPC another lane, unless it has such a one; the cluster that it left by that. */
async function changeLane(
  deps: ServerDeps,
  vpcId: string,
  wanted: Wanted,
  identity: RequestIdentity,
): Promise<string | undefined> {
  const scope = scopes.vpc(vpcId);
  const busy = tryAgain(vpcId, 'is being given other partitions');
  // The numbers of the new lane begin where those of the old one end.
  const change = (): Promise<{ left: string | undefined } | undefined> =>
    inTurn(deps.store, 'growth', scope, async () => {
      let left: string | undefined;
      await mutate(deps, scope, identity, async (tx) => {
        left = undefined;
        await need<Vpc>(tx, 'vpc', vpcId);
        const lane = (await tx.get<CopiesLane>(keys.copiesLane))?.value;
        if (lane === undefined) throw new PlatformError('internal', `${scope} has no lane`);
        if (lane.cluster === wanted.cluster && !wanted.always) return {};
        const isRepeated = identity.id !== '' && (await deps.store.replay(scope, identity.id)) !== undefined;
        // A repeat gets its first answer, and must not make another topic.
        if (isRepeated || lane.former !== undefined) throw tryAgain(vpcId, 'is still leaving another topic');
        await deps.store.enlist(vpcCatalogs.moved, vpcId);
        tx.put(keys.copiesLane, await nextLane(deps, vpcId, lane, wanted.cluster));
        // Hosts get copies until they have the VPC anew, and it is settled there what costs less.
        const isElsewhere = lane.cluster !== wanted.cluster;
        if (isElsewhere && (await tx.get<Lane>(keys.fanOutLane)) !== undefined) tx.remove(keys.fanOutLane);
        left = lane.cluster;
        return {};
      });
      return { left };
    });
  const done = await retry(
    async () => {
      const changed = await change();
      if (changed === undefined) throw busy;
      return changed;
    },
    { ...GROWTH_PATIENCE, retryIf: (error) => error === busy },
  );
  return done.left;
}

/** The topic is there when the registry shows it. */
async function nextLane(
  deps: ServerDeps,
  vpcId: string,
  present: Lane,
  cluster: string,
): Promise<CopiesLane> {
  const base = (present.base ?? 0) + present.partitions;
  const counts = await deps.store.counters(scopes.vpc(vpcId), partitionsOf(present).map(membersCounter));
  const hosts = counts.reduce((sum, count) => sum + count, 0);
  const topic = deps.topics.vpc(vpcId, base);
  const lane = await createLane(deps, cluster, topic, partitionsFor(hosts, deps.limits));
  return { ...lane, base, former: present };
}

function tryAgain(vpcId: string, what: string): PlatformError {
  return new PlatformError('aborted', `vpc ${JSON.stringify(vpcId)} ${what}; try again`, {
    resource: { type: 'vpc', id: vpcId },
  });
}
