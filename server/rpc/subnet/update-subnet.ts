import { keys, scopes } from '../../../core/model/keys.ts';
import type { Subnet } from '../../../core/model/resources.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { SubnetInput } from '../../../proto/gen/vpcast/v1/Subnet.ts';
import type { UpdateSubnetRequest } from '../../../proto/gen/vpcast/v1/UpdateSubnetRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import { id, present, requestId } from '../../fields.ts';
import { mutate, need, vpcOf } from '../locate.ts';
import { maskedChanges } from '../update-mask.ts';
import { changedAddressing } from './addressing.ts';
import { subnetFields, updatedGateway } from './narrow.ts';
import type { SubnetUpdate } from './narrow.ts';
import { presentSubnet } from './present.ts';

export async function updateSubnet(deps: ServerDeps, request: UpdateSubnetRequest): Promise<SubnetInput> {
  const given = present('subnet', request.subnet);
  const subnetId = id('subnet.id', given.id);
  requestId(request.requestId);
  const update = maskedChanges<SubnetUpdate>(request.updateMask, subnetFields(given));
  const { givenGateway, noGateway, hostRoutes, allocationPools, ...changes } = update;
  const scope = scopes.vpc(await vpcOf(deps.store, 'subnet', subnetId));
  const identity = identify('UpdateSubnet', request);
  const { result, revision } = await mutate(deps, scope, identity, async (tx) => {
    const { value } = await need<Subnet>(tx, 'subnet', subnetId);
    const gatewayIp = updatedGateway(value, { givenGateway, noGateway });
    const subnet: Subnet = {
      ...value,
      ...changes,
      ...changedAddressing(value.cidr, value, { gatewayIp, hostRoutes, allocationPools }),
      updatedAtMs: deps.clock(),
    };
    tx.put(keys.subnet(subnetId), subnet);
    return subnet;
  });
  return presentSubnet({ value: result, revision });
}
