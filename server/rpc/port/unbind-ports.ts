import { identify } from '../../../core/store/transaction.ts';
import type { UnbindPortsRequest } from '../../../proto/gen/vpcast/v1/UnbindPortsRequest.ts';
import type { UnbindPortsResponseInput } from '../../../proto/gen/vpcast/v1/UnbindPortsResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { narrowBulk, narrowUnbind } from './narrow.ts';
import { unbindAll } from './unbind.ts';

export async function unbindPorts(
  deps: ServerDeps,
  request: UnbindPortsRequest,
): Promise<UnbindPortsResponseInput> {
  fields.requestId(request.requestId);
  const orders = narrowBulk(request.requests, narrowUnbind);
  return { ports: await unbindAll(deps, orders, identify('UnbindPorts', request)) };
}
