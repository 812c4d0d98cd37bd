import { identify } from '../../../core/store/transaction.ts';
import type { CreatePortsRequest } from '../../../proto/gen/vpcast/v1/CreatePortsRequest.ts';
import type { CreatePortsResponseInput } from '../../../proto/gen/vpcast/v1/CreatePortsResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { createAll } from './create.ts';
import { narrowBulk, narrowNewPort } from './narrow.ts';

export async function createPorts(
  deps: ServerDeps,
  request: CreatePortsRequest,
): Promise<CreatePortsResponseInput> {
  const requestId = fields.requestId(request.requestId);
  const drafts = narrowBulk(request.requests, (each, prefix, index) =>
    narrowNewPort(each, { method: 'CreatePorts', requestId, index }, prefix),
  );
  return { ports: await createAll(deps, drafts, identify('CreatePorts', request)) };
}
