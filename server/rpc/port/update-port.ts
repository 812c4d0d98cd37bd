import type { FixedIp } from '../../../core/model/resources.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { Transaction } from '../../../core/store/transaction.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import type { UpdatePortRequest } from '../../../proto/gen/vpcast/v1/UpdatePortRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { changePorts, vpcOfPorts } from './change-ports.ts';
import { needGroups } from './groups.ts';
import { narrowPortUpdate } from './narrow-update.ts';
import type { PortUpdate } from './narrow-update.ts';
import { presentPorts } from './present.ts';
import { resolveAddresses } from './resolve-addresses.ts';
import { resolveMacs } from './resolve-macs.ts';

const path = 'port';

export async function updatePort(deps: ServerDeps, request: UpdatePortRequest): Promise<PortInput> {
  fields.requestId(request.requestId);
  const message = fields.present(path, request.port);
  const portId = fields.id(`${path}.id`, message.id);
  const update = narrowPortUpdate(message, path, request.updateMask);
  const vpcId = await vpcOfPorts(deps, [{ portId, portField: `${path}.id` }]);
  const changed = await changePorts(
    deps,
    vpcId,
    [portId],
    identify('UpdatePort', request),
    async (book, tx) => {
      const port = book.get(portId);
      const { fixedIps, macAddress, ...plain } = update;
      await needGroups(tx, [{ path, securityGroupIds: update.securityGroupIds ?? [] }]);
      book.set(portId, {
        ...port,
        ...plain,
        ...(macAddress === undefined ? {} : { macAddress: await newMac(tx, port.macAddress, macAddress) }),
        ...(fixedIps === undefined
          ? {}
          : { fixedIps: await newAddresses(deps, tx, port.fixedIps, fixedIps) }),
      });
    },
  );
  const [port] = await presentPorts(deps, vpcId, changed.ports);
  return port ?? {};
}

async function newMac(tx: Transaction, present: string, macAddress: string): Promise<string> {
  if (macAddress === present) return present;
  await resolveMacs(tx, [{ field: `${path}.mac_address`, macAddress }]);
  return macAddress;
}

async function newAddresses(
  deps: ServerDeps,
  tx: Transaction,
  held: readonly FixedIp[],
  wishes: NonNullable<PortUpdate['fixedIps']>,
): Promise<readonly FixedIp[]> {
  const [addresses] = await resolveAddresses(deps.store, tx, [{ path, wishes, held, byDefault: false }]);
  return addresses ?? [];
}
