import type { GetVpcRequest } from '../../../proto/gen/vpcast/v1/GetVpcRequest.ts';
import type { VpcInput } from '../../../proto/gen/vpcast/v1/Vpc.ts';
import type { ServerDeps } from '../../deps.ts';
import { id } from '../../fields.ts';
import { readVpc } from '../locate.ts';
import { presentVpc } from './present.ts';

export async function getVpc({ store }: ServerDeps, request: GetVpcRequest): Promise<VpcInput> {
  return presentVpc(await readVpc(store, id('id', request.id)));
}
