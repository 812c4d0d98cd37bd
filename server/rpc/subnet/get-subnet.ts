import type { Subnet } from '../../../core/model/resources.ts';
import type { GetSubnetRequest } from '../../../proto/gen/vpcast/v1/GetSubnetRequest.ts';
import type { SubnetInput } from '../../../proto/gen/vpcast/v1/Subnet.ts';
import type { ServerDeps } from '../../deps.ts';
import { id } from '../../fields.ts';
import { readResource } from '../locate.ts';
import { presentSubnet } from './present.ts';

export async function getSubnet({ store }: ServerDeps, request: GetSubnetRequest): Promise<SubnetInput> {
  return presentSubnet(await readResource<Subnet>(store, 'subnet', id('id', request.id)));
}
