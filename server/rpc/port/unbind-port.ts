import { identify } from '../../../core/store/transaction.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import type { UnbindPortRequest } from '../../../proto/gen/vpcast/v1/UnbindPortRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { narrowUnbind } from './narrow.ts';
import { unbindAll } from './unbind.ts';

export async function unbindPort(deps: ServerDeps, request: UnbindPortRequest): Promise<PortInput> {
  fields.requestId(request.requestId);
  const [port] = await unbindAll(deps, [narrowUnbind(request)], identify('UnbindPort', request));
  return port ?? {};
}
