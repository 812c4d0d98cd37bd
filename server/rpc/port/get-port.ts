import type { Port } from '../../../core/model/resources.ts';
import type { GetPortRequest } from '../../../proto/gen/vpcast/v1/GetPortRequest.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { readResource } from '../locate.ts';
import { presentOne } from './present.ts';

export async function getPort(deps: ServerDeps, request: GetPortRequest): Promise<PortInput> {
  const port = await readResource<Port>(deps.store, 'port', fields.id('id', request.id));
  return presentOne(deps, port);
}
