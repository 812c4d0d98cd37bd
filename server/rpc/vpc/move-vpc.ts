import { identify } from '../../../core/store/transaction.ts';
import type { MoveVpcRequest } from '../../../proto/gen/vpcast/v1/MoveVpcRequest.ts';
import type { VpcStatusInput } from '../../../proto/gen/vpcast/v1/VpcStatus.ts';
import { chooseCluster, countPlaced } from '../../clusters.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { getVpcStatus } from '../status/get-vpc-status.ts';
import { changeLane } from './change-lane.ts';
import { startMoving } from './move.ts';

export async function moveVpc(deps: ServerDeps, request: MoveVpcRequest): Promise<VpcStatusInput> {
  const id = fields.id('id', request.id);
  const wanted = fields.id('cluster', request.cluster);
  fields.requestId(request.requestId);
  const identity = identify('MoveVpc', request);
  const { name: cluster } = await chooseCluster(deps, 'vpcs', wanted);
  const left = await changeLane(deps, id, identity, (lane) =>
    lane.cluster === cluster && !request.newTopic ? undefined : cluster,
  );
  if (left !== undefined) {
    await countPlaced(deps, 'vpcs', left, -1);
    await countPlaced(deps, 'vpcs', cluster, 1);
  }
  await startMoving(deps, id);
  return getVpcStatus(deps, { id, pageSize: 0, pageToken: '' });
}
