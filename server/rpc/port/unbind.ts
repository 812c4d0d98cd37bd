import type { RequestIdentity } from '../../../core/store/transaction.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import type { ServerDeps } from '../../deps.ts';
import { unbind } from './bindings.ts';
import { changePorts, vpcOfPorts } from './change-ports.ts';
import type { UnbindOrder } from './narrow.ts';
import { presentPorts } from './present.ts';

/** Carries out all orders in one step; a port that is not bound there stays as it is. */
export async function unbindAll(
  deps: ServerDeps,
  orders: readonly UnbindOrder[],
  request: RequestIdentity,
): Promise<PortInput[]> {
  const vpcId = await vpcOfPorts(deps, orders);
  const portIds = orders.map((order) => order.portId);
  const changed = await changePorts(deps, vpcId, portIds, request, (book) => {
    for (const { portId, hostId } of orders) {
      book.setBindings(portId, unbind(book.get(portId).bindings, hostId));
    }
  });
  const presented = await presentPorts(deps, vpcId, changed.ports);
  const byId = new Map(changed.ports.map((port, i) => [port.value.id, presented[i] ?? {}]));
  return portIds.map((id) => byId.get(id) ?? {});
}
