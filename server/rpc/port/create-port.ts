import { identify } from '../../../core/store/transaction.ts';
import type { CreatePortRequest } from '../../../proto/gen/vpcast/v1/CreatePortRequest.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { createAll } from './create.ts';
import { narrowNewPort } from './narrow.ts';

export async function createPort(deps: ServerDeps, request: CreatePortRequest): Promise<PortInput> {
  const requestId = fields.requestId(request.requestId);
  const draft = narrowNewPort(request, { method: 'CreatePort', requestId, index: 0 });
  const [port] = await createAll(deps, [draft], identify('CreatePort', request));
  return port ?? {};
}
