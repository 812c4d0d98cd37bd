import { invalid } from '../../../core/errors.ts';
import type { Multicast, NetworkType, Vpc } from '../../../core/model/resources.ts';
import type { CreateVpcRequest } from '../../../proto/gen/vpcast/v1/CreateVpcRequest.ts';
import type { Vpc as VpcMessage } from '../../../proto/gen/vpcast/v1/Vpc.ts';
import { overlap } from '../../addresses.ts';
import { cidr, enumerated, integer, labels, optionalId, present, requestId, text } from '../../fields.ts';
import { idFor } from '../locate.ts';
import type { MaskedFields } from '../update-mask.ts';

const MAX_VLAN = 4094;
export const MAX_VNI = 0xff_ffff;
const DEFAULT_MTU = 1450;

const networkTypes: Readonly<Record<string, NetworkType>> = {
  NETWORK_TYPE_UNSPECIFIED: 'vxlan',
  NETWORK_TYPE_VXLAN: 'vxlan',
  NETWORK_TYPE_GENEVE: 'geneve',
  NETWORK_TYPE_GRE: 'gre',
  NETWORK_TYPE_VLAN: 'vlan',
  NETWORK_TYPE_FLAT: 'flat',
};

const multicastModes: Readonly<Record<string, Multicast | undefined>> = {
  MULTICAST_MODE_UNSPECIFIED: undefined,
  MULTICAST_MODE_COPIES: 'copies',
  MULTICAST_MODE_FAN_OUT: 'fan-out',
};

export interface NewVpc {
  /** Its vni is 0 where the server is to choose. */
  readonly vpc: Vpc;
  readonly expectedHosts: number;
  readonly cluster: string;
}

export function narrowNewVpc(request: CreateVpcRequest, nowMs: number): NewVpc {
  const given = present('vpc', request.vpc);
  requestId(request.requestId);
  const vpc: Vpc = {
    id: vpcId(given.id, request.requestId),
    projectId: optionalId('vpc.project_id', given.projectId),
    name: text('vpc.name', given.name),
    description: text('vpc.description', given.description),
    networkType: enumerated('vpc.network_type', given.networkType, networkTypes),
    vni: integer('vpc.vni', given.vni, 0, MAX_VNI),
    cidrs: cidrs(given.cidrs),
    mtu: mtu(given.mtu),
    adminStateUp: !given.adminStateDown,
    portSecurityEnabled: !given.portSecurityDisabled,
    shared: given.shared,
    ...multicast(given),
    labels: labels('vpc.labels', given.labels),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  // A VLAN's number is the operator's to choose: it has to be free on the physical network.
  if (vpc.networkType === 'vlan') integer('vpc.vni', vpc.vni, 1, MAX_VLAN);
  return { vpc, expectedHosts: request.expectedHosts, cluster: optionalId('cluster', request.cluster) };
}

export function vpcFields(given: VpcMessage): MaskedFields<Vpc> {
  return {
    name: () => ({ name: text('vpc.name', given.name) }),
    description: () => ({ description: text('vpc.description', given.description) }),
    mtu: () => ({ mtu: mtu(given.mtu) }),
    admin_state_down: () => ({ adminStateUp: !given.adminStateDown }),
    port_security_disabled: () => ({ portSecurityEnabled: !given.portSecurityDisabled }),
    shared: () => ({ shared: given.shared }),
    multicast_mode: () => ({ multicast: multicast(given).multicast }),
    labels: () => ({ labels: labels('vpc.labels', given.labels) }),
    cidrs: () => ({ cidrs: cidrs(given.cidrs) }),
  };
}

/** The id is the end of the topic's name, where Pulsar would take such an ending for a partition of another VPC's topic. */
function vpcId(given: string, requestId: string): string {
  if (/-partition-\d+$/.test(given)) throw invalid('vpc.id', 'must not end in -partition-<number>');
  return idFor('vpc.id', given, 'CreateVpc', requestId);
}

function multicast({ multicastMode }: VpcMessage): Pick<Vpc, 'multicast'> {
  const mode = enumerated('vpc.multicast_mode', multicastMode, multicastModes);
  return mode === undefined ? {} : { multicast: mode };
}

function mtu(value: number): number {
  return value === 0 ? DEFAULT_MTU : integer('vpc.mtu', value, 68, 9216);
}

function cidrs(given: readonly string[]): string[] {
  const narrowed: string[] = [];
  given.forEach((value, i) => {
    const field = `vpc.cidrs[${i}]`;
    const range = cidr(field, value);
    const other = narrowed.find((earlier) => overlap(earlier, range));
    if (other !== undefined) throw invalid(field, `overlaps ${other}`);
    narrowed.push(range);
  });
  return narrowed;
}
