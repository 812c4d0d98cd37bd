import { invalid } from '../../../core/errors.ts';
import type { AddressPair, Binding } from '../../../core/model/resources.ts';
import type { AddressPair as AddressPairMessage } from '../../../proto/gen/vpcast/v1/AddressPair.ts';
import type { BindPortRequest } from '../../../proto/gen/vpcast/v1/BindPortRequest.ts';
import type { CreatePortRequest } from '../../../proto/gen/vpcast/v1/CreatePortRequest.ts';
import type { FixedIp as FixedIpMessage } from '../../../proto/gen/vpcast/v1/FixedIp.ts';
import type { Port as PortMessage } from '../../../proto/gen/vpcast/v1/Port.ts';
import type { UnbindPortRequest } from '../../../proto/gen/vpcast/v1/UnbindPortRequest.ts';
import * as fields from '../../fields.ts';
import { idFor } from '../locate.ts';

/** An address that a request asks for; what is '' the server chooses. */
export interface AddressWish {
  /** Path of the address in the request. */
  readonly field: string;
  readonly subnetField: string;
  readonly subnetId: string;
  readonly ipAddress: string;
}

/** A port that a request describes. */
export interface PortDraft {
  /** Where the port is in the request: `port`, `requests[3].port`. */
  readonly path: string;
  readonly id: string;
  readonly vpcId: string;
  readonly projectId: string;
  readonly name: string;
  /** '' = the server makes one. */
  readonly macAddress: string;
  readonly fixedIps: readonly AddressWish[];
  readonly adminStateUp: boolean;
  readonly deviceId: string;
  readonly deviceOwner: string;
  readonly portSecurityDisabled: boolean;
  readonly securityGroupIds: readonly string[];
  readonly allowedAddressPairs: readonly AddressPair[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface NewPort extends PortDraft {
  /** The request left the id to the server. */
  readonly isIdOurs: boolean;
  /** Host to bind the port to at once; '' = none. */
  readonly hostId: string;
  readonly hostField: string;
}

export interface BindOrder {
  readonly portId: string;
  readonly portField: string;
  readonly hostId: string;
  readonly hostField: string;
  readonly state: Binding['state'];
  /** '' leaves that of an existing binding as it is. */
  readonly vnicType: string;
  readonly profile: string;
  /** '' leaves the port's as it is. */
  readonly deviceId: string;
  readonly deviceOwner: string;
}

export interface UnbindOrder {
  readonly portId: string;
  readonly portField: string;
  /** '' = every host. */
  readonly hostId: string;
}

export const MAX_BULK = 1_000;

/** The call that an id is made for, where the request has none; `index` = which of its ports. */
export interface IdSource {
  readonly method: string;
  readonly requestId: string;
  readonly index: number;
}

/** `prefix` is '' for a request of its own and `requests[3].` for one in a list. */
export function narrowNewPort(request: CreatePortRequest, source: IdSource, prefix = ''): NewPort {
  const path = `${prefix}port`;
  const port = fields.present(path, request.port);
  const hostField = `${prefix}host_id`;
  return {
    ...narrowPort(port, path),
    id: idFor(`${path}.id`, port.id, source.method, source.requestId, source.index),
    isIdOurs: port.id === '',
    vpcId: fields.id(`${path}.vpc_id`, port.vpcId),
    hostId: fields.optionalId(hostField, request.hostId),
    hostField,
  };
}

/** Everything that a port may say of itself, whichever of it the request means. */
export function narrowPort(port: PortMessage, path: string): PortDraft {
  return {
    path,
    id: port.id,
    vpcId: port.vpcId,
    projectId: fields.optionalId(`${path}.project_id`, port.projectId),
    name: fields.text(`${path}.name`, port.name),
    macAddress: port.macAddress === '' ? '' : fields.mac(`${path}.mac_address`, port.macAddress),
    fixedIps: port.fixedIps.map((fixedIp, i) => narrowFixedIp(fixedIp, `${path}.fixed_ips[${i}]`)),
    adminStateUp: !port.adminStateDown,
    deviceId: fields.text(`${path}.device_id`, port.deviceId),
    deviceOwner: fields.text(`${path}.device_owner`, port.deviceOwner),
    portSecurityDisabled: port.portSecurityDisabled,
    securityGroupIds: narrowGroups(port.securityGroupIds, `${path}.security_group_ids`),
    allowedAddressPairs: port.allowedAddressPairs.map((pair, i) =>
      narrowPair(pair, `${path}.allowed_address_pairs[${i}]`),
    ),
    labels: fields.labels(`${path}.labels`, port.labels),
  };
}

function narrowGroups(ids: readonly string[], field: string): string[] {
  const groups = ids.map((id, i) => ({ field: `${field}[${i}]`, id: fields.id(`${field}[${i}]`, id) }));
  refuseRepeats(groups);
  return groups.map(({ id }) => id);
}

function narrowFixedIp(fixedIp: FixedIpMessage, path: string): AddressWish {
  const field = `${path}.ip_address`;
  const subnetField = `${path}.subnet_id`;
  return {
    field,
    subnetField,
    subnetId: fields.optionalId(subnetField, fixedIp.subnetId),
    ipAddress: fixedIp.ipAddress === '' ? '' : fields.ip(field, fixedIp.ipAddress),
  };
}

function narrowPair(pair: AddressPairMessage, path: string): AddressPair {
  const field = `${path}.ip_address`;
  return {
    ipAddress: pair.ipAddress.includes('/')
      ? fields.cidr(field, pair.ipAddress)
      : fields.ip(field, pair.ipAddress),
    macAddress: pair.macAddress === '' ? '' : fields.mac(`${path}.mac_address`, pair.macAddress),
  };
}

const states = {
  BINDING_STATE_UNSPECIFIED: 'active',
  BINDING_STATE_ACTIVE: 'active',
  BINDING_STATE_INACTIVE: 'inactive',
} as const;

const MAX_PROFILE_LENGTH = 16 * 1024;

export function narrowBind(request: BindPortRequest, prefix = ''): BindOrder {
  const portField = `${prefix}port_id`;
  const hostField = `${prefix}host_id`;
  return {
    portId: fields.id(portField, request.portId),
    portField,
    hostId: fields.id(hostField, request.hostId),
    hostField,
    state: fields.enumerated(`${prefix}state`, request.state, states),
    vnicType: fields.text(`${prefix}vnic_type`, request.vnicType),
    profile: fields.jsonObject(`${prefix}profile`, request.profile, MAX_PROFILE_LENGTH),
    deviceId: fields.text(`${prefix}device_id`, request.deviceId),
    deviceOwner: fields.text(`${prefix}device_owner`, request.deviceOwner),
  };
}

export function narrowUnbind(request: UnbindPortRequest, prefix = ''): UnbindOrder {
  const portField = `${prefix}port_id`;
  return {
    portId: fields.id(portField, request.portId),
    portField,
    hostId: fields.optionalId(`${prefix}host_id`, request.hostId),
  };
}

/** Each request of a list under its path; they share the list's request id. */
export function narrowBulk<Q extends { readonly requestId: string }, R>(
  requests: readonly Q[],
  narrow: (request: Q, prefix: string, index: number) => R,
): R[] {
  bulkSize('requests', requests);
  return requests.map((request, i) => {
    if (request.requestId !== '') {
      throw invalid(`requests[${i}].request_id`, 'must be empty; the list has one request_id');
    }
    return narrow(request, `requests[${i}].`, i);
  });
}

export function narrowIds(field: string, ids: readonly string[]): string[] {
  bulkSize(field, ids);
  return ids.map((id, i) => fields.id(`${field}[${i}]`, id));
}

function bulkSize(field: string, list: readonly unknown[]): void {
  if (list.length === 0) throw invalid(field, 'must not be empty');
  if (list.length > MAX_BULK) throw invalid(field, `must have at most ${MAX_BULK} entries`);
}

/** Refuses the second of two entries that name the same thing. */
export function refuseRepeats(named: readonly { readonly id: string; readonly field: string }[]): void {
  const seen = new Set<string>();
  for (const { id, field } of named) {
    if (seen.has(id)) throw invalid(field, `${JSON.stringify(id)} is named twice`);
    seen.add(id);
  }
}
