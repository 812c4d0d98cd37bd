import type { Decoded } from '../../../core/codec/records.ts';
import type { Multicast, NetworkType, Vpc } from '../../../core/model/resources.ts';
import type { NetworkType as NetworkTypeName } from '../../../proto/gen/vpcast/v1/NetworkType.ts';
import type { MulticastMode } from '../../../proto/gen/vpcast/v1/MulticastMode.ts';
import type { VpcInput } from '../../../proto/gen/vpcast/v1/Vpc.ts';
import { timestamp } from '../time.ts';

const networkTypes: Readonly<Record<NetworkType, NetworkTypeName>> = {
  vxlan: 'NETWORK_TYPE_VXLAN',
  geneve: 'NETWORK_TYPE_GENEVE',
  gre: 'NETWORK_TYPE_GRE',
  vlan: 'NETWORK_TYPE_VLAN',
  flat: 'NETWORK_TYPE_FLAT',
};

const multicastModes: Readonly<Record<Multicast | 'auto', MulticastMode>> = {
  auto: 'MULTICAST_MODE_UNSPECIFIED',
  copies: 'MULTICAST_MODE_COPIES',
  'fan-out': 'MULTICAST_MODE_FAN_OUT',
};

export function presentVpc({ value, revision }: Pick<Decoded<Vpc>, 'value' | 'revision'>): VpcInput {
  return {
    id: value.id,
    projectId: value.projectId,
    name: value.name,
    description: value.description,
    networkType: networkTypes[value.networkType],
    vni: value.vni,
    cidrs: [...value.cidrs],
    mtu: value.mtu,
    adminStateDown: !value.adminStateUp,
    portSecurityDisabled: !value.portSecurityEnabled,
    shared: value.shared,
    multicastMode: multicastModes[value.multicast ?? 'auto'],
    labels: { ...value.labels },
    revision,
    createTime: timestamp(value.createdAtMs),
    updateTime: timestamp(value.updatedAtMs),
  };
}
