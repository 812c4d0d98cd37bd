import type { Decoded } from '../../../core/codec/records.ts';
import type { Binding, Port } from '../../../core/model/resources.ts';
import type { BindingInput } from '../../../proto/gen/vpcast/v1/Binding.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import type { ServerDeps } from '../../deps.ts';
import { portStatuses } from '../../port-status.ts';
import type { PortStatus } from '../../port-status.ts';
import { timestamp } from '../time.ts';

export function presentPort({ value: port, revision }: Decoded<Port>, said: PortStatus): PortInput {
  return {
    id: port.id,
    vpcId: port.vpcId,
    projectId: port.projectId,
    name: port.name,
    macAddress: port.macAddress,
    fixedIps: port.fixedIps.map(({ subnetId, ipAddress }) => ({ subnetId, ipAddress })),
    adminStateDown: !port.adminStateUp,
    deviceId: port.deviceId,
    deviceOwner: port.deviceOwner,
    portSecurityDisabled: !port.portSecurityEnabled,
    securityGroupIds: [...port.securityGroupIds],
    allowedAddressPairs: port.allowedAddressPairs.map((pair) => ({ ...pair })),
    labels: { ...port.labels },
    bindings: port.bindings.map((binding) => presentBinding(binding, said)),
    status: said.status,
    revision,
    createTime: timestamp(port.createdAtMs),
    updateTime: timestamp(port.updatedAtMs),
  };
}

function presentBinding(binding: Binding, said: PortStatus): BindingInput {
  return {
    hostId: binding.hostId,
    state: binding.state === 'active' ? 'BINDING_STATE_ACTIVE' : 'BINDING_STATE_INACTIVE',
    vnicType: binding.vnicType,
    profile: binding.profile,
    ...(said.bindings.get(binding.hostId) ?? { status: 'APPLY_STATUS_DOWN', reason: '' }),
  };
}

/** Ports of one VPC with what their hosts say of them now. */
export async function presentPorts(
  deps: Pick<ServerDeps, 'store' | 'leases'>,
  vpcId: string,
  ports: readonly Decoded<Port>[],
): Promise<PortInput[]> {
  const statuses = await portStatuses(deps, vpcId, ports);
  return ports.map((port, i) =>
    presentPort(port, statuses[i] ?? { status: 'APPLY_STATUS_DOWN', reason: '', bindings: new Map() }),
  );
}

export async function presentOne(
  deps: Pick<ServerDeps, 'store' | 'leases'>,
  port: Decoded<Port>,
): Promise<PortInput> {
  const [presented] = await presentPorts(deps, port.value.vpcId, [port]);
  return presented ?? {};
}
