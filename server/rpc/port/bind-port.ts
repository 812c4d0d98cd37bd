import { identify } from '../../../core/store/transaction.ts';
import type { BindPortRequest } from '../../../proto/gen/vpcast/v1/BindPortRequest.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { bindAll } from './bind.ts';
import { narrowBind } from './narrow.ts';

export async function bindPort(deps: ServerDeps, request: BindPortRequest): Promise<PortInput> {
  fields.requestId(request.requestId);
  const [port] = await bindAll(deps, [narrowBind(request)], identify('BindPort', request));
  return port ?? {};
}
