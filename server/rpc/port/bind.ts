import type { RequestIdentity } from '../../../core/store/transaction.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import type { ServerDeps } from '../../deps.ts';
import { bind } from './bindings.ts';
import type { BindTarget } from './bindings.ts';
import { changePorts, vpcOfPorts } from './change-ports.ts';
import { missing } from './errors.ts';
import type { BindOrder } from './narrow.ts';
import type { PortBook } from './port-book.ts';
import { presentPorts } from './present.ts';
import { bindTargets, recheckTargets } from './targets.ts';

/** Carries out all orders in one step. The answer has the port of each order. */
export async function bindAll(
  deps: ServerDeps,
  orders: readonly BindOrder[],
  request: RequestIdentity,
): Promise<PortInput[]> {
  const [vpcId, targets] = await Promise.all([vpcOfPorts(deps, orders), bindTargets(deps, orders)]);
  const portIds = orders.map((order) => order.portId);
  const changed = await changePorts(deps, vpcId, portIds, request, (book) => {
    for (const order of orders) bindOne(book, order, targets);
  });
  const [presented] = await Promise.all([
    presentPorts(deps, vpcId, changed.ports),
    changed.wrote ? recheckTargets(deps, vpcId, targets) : undefined,
  ]);
  const byId = new Map(changed.ports.map((port, i) => [port.value.id, presented[i] ?? {}]));
  return portIds.map((id) => byId.get(id) ?? {});
}

function bindOne(book: PortBook, order: BindOrder, targets: ReadonlyMap<string, BindTarget>): void {
  const target = targets.get(order.hostId);
  if (target === undefined) throw missing(order.hostField, 'host', order.hostId);
  const port = book.get(order.portId);
  book.set(order.portId, {
    ...port,
    bindings: bind(port, port.bindings, target, order),
    deviceId: order.deviceId || port.deviceId,
    deviceOwner: order.deviceOwner || port.deviceOwner,
  });
}
