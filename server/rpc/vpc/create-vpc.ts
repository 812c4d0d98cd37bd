import { PlatformError, alreadyExists } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Lane, Vpc } from '../../../core/model/resources.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { CreateVpcRequest } from '../../../proto/gen/vpcast/v1/CreateVpcRequest.ts';
import type { VpcInput } from '../../../proto/gen/vpcast/v1/Vpc.ts';
import { chooseCluster, countPlaced } from '../../clusters.ts';
import type { ServerDeps } from '../../deps.ts';
import { createLane, partitionsFor } from '../../lanes.ts';
import { mutate } from '../locate.ts';
import { takeBlock } from './blocks.ts';
import { vpcCatalogs } from './catalogs.ts';
import { chooseVni } from './choose-vni.ts';
import { finishDeletedVpc } from './finish-deleted-vpc.ts';
import { narrowNewVpc } from './narrow.ts';
import type { NewVpc } from './narrow.ts';
import { presentVpc } from './present.ts';
import { removalKey } from './removal.ts';

export async function createVpc(deps: ServerDeps, request: CreateVpcRequest): Promise<VpcInput> {
  const draft = narrowNewVpc(request, deps.clock());
  const { id } = draft.vpc;
  const identity = identify('CreateVpc', request);
  const scope = scopes.vpc(id);
  let prepared: { vpc: Vpc; lane: Lane } | undefined;
  const { result, revision } = await mutate(deps, scope, identity, async (tx) => {
    const [vpc, removal] = await tx.getMany([keys.vpc(id), removalKey, keys.copiesLane]);
    if (vpc !== undefined) throw alreadyExists('vpc', id);
    // Clearing away changes what was read here, so the commit fails and the next attempt finds a free id.
    if (removal !== undefined && !(await finishDeletedVpc(deps, id))) throw stillLeaving(id);
    // A repeat after the VPC was deleted gets its first answer, and must not make another topic.
    if (identity.id !== '' && (await deps.store.replay(scope, identity.id)) !== undefined) {
      throw alreadyExists('vpc', id);
    }
    prepared ??= await prepare(deps, draft);
    tx.put(keys.vpc(id), prepared.vpc);
    tx.put(keys.copiesLane, prepared.lane);
    return prepared.vpc;
  });
  if (prepared?.vpc === result) {
    const { cluster, block } = prepared.lane;
    await countPlaced(deps, 'vpcs', cluster, 1);
    if (block !== undefined) await countPlaced(deps, 'blocks', cluster, 1);
  }
  return presentVpc({ value: result, revision });
}

/** Everything that has to be there before the registry shows the VPC. */
async function prepare(deps: ServerDeps, draft: NewVpc): Promise<{ vpc: Vpc; lane: Lane }> {
  const { id, projectId } = draft.vpc;
  const cluster = await chooseCluster(deps, 'vpcs', draft.cluster);
  const vni = await chooseVni(deps, id, draft.vpc.vni);
  const lane = await makeLane(deps, cluster.name, draft);
  await Promise.all([
    deps.store.enlist(vpcCatalogs.all, id),
    deps.store.enlist(vpcCatalogs.project(projectId), id),
  ]);
  return { vpc: { ...draft.vpc, vni }, lane };
}

/** A VPC that is small, as far as is known, shares a topic with others where the settings say so. */
async function makeLane(deps: ServerDeps, cluster: string, { vpc, expectedHosts }: NewVpc): Promise<Lane> {
  const { sharedHosts = 0 } = deps.limits;
  const isSmall = sharedHosts > 0 && expectedHosts <= sharedHosts;
  const shared = isSmall ? await takeBlock(deps, cluster, vpc.id, sharedHosts) : undefined;
  if (shared === undefined) {
    return createLane(deps, cluster, deps.topics.vpc(vpc.id), partitionsFor(expectedHosts, deps.limits));
  }
  await createLane(deps, cluster, shared.topic, shared.partitions);
  return shared;
}

/** An id can be used again once the hosts of the VPC that had it have left. */
function stillLeaving(vpcId: string): PlatformError {
  return new PlatformError(
    'aborted',
    `hosts are still leaving the former VPC ${JSON.stringify(vpcId)}; try again`,
    {
      resource: { type: 'vpc', id: vpcId },
    },
  );
}
