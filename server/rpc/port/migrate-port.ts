import { identify } from '../../../core/store/transaction.ts';
import type { MigratePortRequest } from '../../../proto/gen/vpcast/v1/MigratePortRequest.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { migrate } from './bindings.ts';
import { changePorts, vpcOfPorts } from './change-ports.ts';
import { missing } from './errors.ts';
import { presentPorts } from './present.ts';
import { bindTargets, recheckTargets } from './targets.ts';

export async function migratePort(deps: ServerDeps, request: MigratePortRequest): Promise<PortInput> {
  fields.requestId(request.requestId);
  const portId = fields.id('port_id', request.portId);
  const wish = { hostId: fields.id('host_id', request.hostId), hostField: 'host_id' };
  const [vpcId, targets] = await Promise.all([
    vpcOfPorts(deps, [{ portId, portField: 'port_id' }]),
    bindTargets(deps, [wish]),
  ]);
  const target = targets.get(wish.hostId);
  if (target === undefined) throw missing(wish.hostField, 'host', wish.hostId);
  const identity = identify('MigratePort', request);
  const changed = await changePorts(deps, vpcId, [portId], identity, (book) => {
    book.setBindings(portId, migrate(book.get(portId).bindings, target));
  });
  const [[port]] = await Promise.all([
    presentPorts(deps, vpcId, changed.ports),
    changed.wrote ? recheckTargets(deps, vpcId, targets) : undefined,
  ]);
  return port ?? {};
}
