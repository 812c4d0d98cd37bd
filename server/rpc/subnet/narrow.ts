import { invalid } from '../../../core/errors.ts';
import type { Subnet } from '../../../core/model/resources.ts';
import type { CreateSubnetRequest } from '../../../proto/gen/vpcast/v1/CreateSubnetRequest.ts';
import type { HostRoute as HostRouteMessage } from '../../../proto/gen/vpcast/v1/HostRoute.ts';
import type { Subnet as SubnetMessage } from '../../../proto/gen/vpcast/v1/Subnet.ts';
import { familyOf, firstUsable } from '../../addresses.ts';
import { cidr, id, ip, labels, optionalId, present, requestId, text } from '../../fields.ts';
import { idFor } from '../locate.ts';
import type { MaskedFields } from '../update-mask.ts';
import { newAddressing } from './addressing.ts';

export function narrowNewSubnet(request: CreateSubnetRequest, nowMs: number): Subnet {
  const given = present('subnet', request.subnet);
  requestId(request.requestId);
  const range = cidr('subnet.cidr', given.cidr);
  return {
    id: idFor('subnet.id', given.id, 'CreateSubnet', request.requestId),
    vpcId: id('subnet.vpc_id', given.vpcId),
    projectId: optionalId('subnet.project_id', given.projectId),
    name: text('subnet.name', given.name),
    ipVersion: familyOf(range),
    cidr: range,
    dhcpEnabled: !given.dhcpDisabled,
    dnsNameservers: nameservers(given.dnsNameservers),
    ...newAddressing(range, {
      gatewayIp: gateway(given),
      hostRoutes: hostRoutes(given.hostRoutes),
      allocationPools: given.allocationPools,
    }),
    labels: labels('subnet.labels', given.labels),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

/** What an update says. Addressing is checked against the subnet's range when that is known. */
export interface SubnetUpdate extends Partial<
  Pick<Subnet, 'name' | 'dhcpEnabled' | 'dnsNameservers' | 'labels' | 'hostRoutes' | 'allocationPools'>
> {
  readonly givenGateway?: string;
  readonly noGateway?: boolean;
}

export function subnetFields(given: SubnetMessage): MaskedFields<SubnetUpdate> {
  return {
    name: () => ({ name: text('subnet.name', given.name) }),
    gateway_ip: () => ({
      givenGateway: given.gatewayIp === '' ? '' : ip('subnet.gateway_ip', given.gatewayIp),
    }),
    no_gateway: () => ({ noGateway: given.noGateway }),
    dhcp_disabled: () => ({ dhcpEnabled: !given.dhcpDisabled }),
    dns_nameservers: () => ({ dnsNameservers: nameservers(given.dnsNameservers) }),
    host_routes: () => ({ hostRoutes: hostRoutes(given.hostRoutes) }),
    allocation_pools: () => ({ allocationPools: given.allocationPools }),
    labels: () => ({ labels: labels('subnet.labels', given.labels) }),
  };
}

/** The gateway that an update asks for; undefined = the one it has. */
export function updatedGateway(
  subnet: Subnet,
  { givenGateway, noGateway }: { givenGateway: string | undefined; noGateway: boolean | undefined },
): string | undefined {
  if (noGateway === true) {
    if (givenGateway !== undefined && givenGateway !== '') throw bothGatewayAndNone();
    return '';
  }
  if (givenGateway === '') throw invalid('subnet.gateway_ip', 'must be set; set no_gateway to have none');
  if (givenGateway === undefined && noGateway === false && subnet.gatewayIp === '')
    return firstUsable(subnet.cidr);
  return givenGateway;
}

function gateway(given: SubnetMessage): string | undefined {
  if (given.noGateway) {
    if (given.gatewayIp !== '') throw bothGatewayAndNone();
    return '';
  }
  return given.gatewayIp === '' ? undefined : ip('subnet.gateway_ip', given.gatewayIp);
}

function bothGatewayAndNone(): Error {
  return invalid('subnet.gateway_ip', 'must be empty with no_gateway');
}

function nameservers(given: readonly string[]): string[] {
  return given.map((value, i) => ip(`subnet.dns_nameservers[${i}]`, value));
}

function hostRoutes(given: readonly HostRouteMessage[]): Subnet['hostRoutes'] {
  return given.map(({ destination, nextHop }, i) => ({
    destination: cidr(`subnet.host_routes[${i}].destination`, destination),
    nextHop: ip(`subnet.host_routes[${i}].next_hop`, nextHop),
  }));
}
