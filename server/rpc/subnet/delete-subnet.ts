import { keys, scopes } from '../../../core/model/keys.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { EmptyInput } from '../../../proto/gen/google/protobuf/Empty.ts';
import type { DeleteSubnetRequest } from '../../../proto/gen/vpcast/v1/DeleteSubnetRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import { id, requestId } from '../../fields.ts';
import { mutate, need, releaseIds, vpcOf } from '../locate.ts';
import { refuseInUse } from '../refuse-in-use.ts';
import { subnetTablesCounter } from '../route-table/references.ts';
import { readSubnetIndex, writeSubnetIndex } from './subnet-index.ts';

/** Counter of the ports that have an address in a subnet. */
export const subnetPortsCounter = (subnetId: string): string => `subnet-ports/${subnetId}`;

export async function deleteSubnet(deps: ServerDeps, request: DeleteSubnetRequest): Promise<EmptyInput> {
  const subnetId = id('id', request.id);
  requestId(request.requestId);
  const vpcId = await vpcOf(deps.store, 'subnet', subnetId);
  await mutate(deps, scopes.vpc(vpcId), identify('DeleteSubnet', request), async (tx) => {
    await need(tx, 'subnet', subnetId);
    await refuseInUse(
      deps,
      tx,
      { type: 'subnet', id: subnetId },
      {
        [subnetPortsCounter(subnetId)]: 'ports have addresses in it',
        [subnetTablesCounter(subnetId)]: 'route tables name it',
      },
    );
    tx.remove(keys.subnet(subnetId));
    const others = (await readSubnetIndex(tx)).filter((subnet) => subnet.id !== subnetId);
    writeSubnetIndex(tx, others);
    return {};
  });
  await releaseIds(deps, 'subnet', [subnetId], vpcId, request.requestId);
  return {};
}
