import { identify } from '../../../core/store/transaction.ts';
import type { BindPortsRequest } from '../../../proto/gen/vpcast/v1/BindPortsRequest.ts';
import type { BindPortsResponseInput } from '../../../proto/gen/vpcast/v1/BindPortsResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { bindAll } from './bind.ts';
import { narrowBind, narrowBulk } from './narrow.ts';

export async function bindPorts(
  deps: ServerDeps,
  request: BindPortsRequest,
): Promise<BindPortsResponseInput> {
  fields.requestId(request.requestId);
  const orders = narrowBulk(request.requests, narrowBind);
  return { ports: await bindAll(deps, orders, identify('BindPorts', request)) };
}
