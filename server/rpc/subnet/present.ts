import type { Decoded } from '../../../core/codec/records.ts';
import type { Subnet } from '../../../core/model/resources.ts';
import type { SubnetInput } from '../../../proto/gen/vpcast/v1/Subnet.ts';
import { timestamp } from '../time.ts';

export function presentSubnet({ value, revision }: Pick<Decoded<Subnet>, 'value' | 'revision'>): SubnetInput {
  return {
    id: value.id,
    vpcId: value.vpcId,
    projectId: value.projectId,
    name: value.name,
    cidr: value.cidr,
    gatewayIp: value.gatewayIp,
    noGateway: value.gatewayIp === '',
    dhcpDisabled: !value.dhcpEnabled,
    dnsNameservers: [...value.dnsNameservers],
    hostRoutes: value.hostRoutes.map((route) => ({ ...route })),
    allocationPools: value.allocationPools.map((pool) => ({ ...pool })),
    labels: { ...value.labels },
    revision,
    createTime: timestamp(value.createdAtMs),
    updateTime: timestamp(value.updatedAtMs),
  };
}
