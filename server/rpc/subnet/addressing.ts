import { invalid } from '../../../core/errors.ts';
import type { Subnet } from '../../../core/model/resources.ts';
import {
  containsAddress,
  defaultPools,
  familyOf,
  firstUsable,
  inRange,
  toNumber,
  usable,
} from '../../addresses.ts';
import type { AddressRange } from '../../addresses.ts';
import { ip } from '../../fields.ts';

/** What belongs together: each part is checked against the range, and pools against the gateway. */
export type Addressing = Pick<Subnet, 'gatewayIp' | 'hostRoutes' | 'allocationPools'>;

/** A request's part in it; undefined = left as it is (or, in a new subnet, to its default). */
export interface AddressingChanges {
  /** Canonical; '' = none. */
  readonly gatewayIp?: string | undefined;
  readonly hostRoutes?: Subnet['hostRoutes'] | undefined;
  /** As in the request; none = the default. */
  readonly allocationPools?: readonly AddressRange[] | undefined;
}

export function newAddressing(cidr: string, given: AddressingChanges): Addressing {
  const gatewayIp = given.gatewayIp ?? firstUsable(cidr);
  const start = { gatewayIp, hostRoutes: [], allocationPools: defaultPools(cidr, gatewayIp) };
  return changedAddressing(cidr, start, { ...given, gatewayIp });
}

export function changedAddressing(cidr: string, old: Addressing, changes: AddressingChanges): Addressing {
  const { gatewayIp = old.gatewayIp, hostRoutes = old.hostRoutes } = changes;
  if (gatewayIp !== '' && !isUsable(cidr, gatewayIp)) {
    throw invalid('subnet.gateway_ip', `must be an address for a host in ${cidr}`);
  }
  hostRoutes.forEach(({ destination, nextHop }, i) => {
    const field = `subnet.host_routes[${i}]`;
    if (familyOf(destination) !== familyOf(cidr))
      throw invalid(`${field}.destination`, `is not of the family of ${cidr}`);
    if (familyOf(nextHop) !== familyOf(cidr))
      throw invalid(`${field}.next_hop`, `is not of the family of ${cidr}`);
  });
  return { gatewayIp, hostRoutes, allocationPools: pools(cidr, old, gatewayIp, changes.allocationPools) };
}

function pools(
  cidr: string,
  old: Addressing,
  gatewayIp: string,
  given: readonly AddressRange[] | undefined,
): readonly AddressRange[] {
  if (given !== undefined && given.length > 0) return narrowPools(cidr, gatewayIp, given);
  const followsGateway =
    given !== undefined || isSame(old.allocationPools, defaultPools(cidr, old.gatewayIp));
  if (followsGateway) return defaultPools(cidr, gatewayIp);
  if (gatewayIp !== '' && old.allocationPools.some((pool) => inRange(pool, gatewayIp))) {
    throw invalid('subnet.gateway_ip', 'lies in an allocation pool');
  }
  return old.allocationPools;
}

function narrowPools(cidr: string, gatewayIp: string, given: readonly AddressRange[]): AddressRange[] {
  const narrowed: AddressRange[] = [];
  given.forEach((pool, i) => {
    const field = `subnet.allocation_pools[${i}]`;
    const start = ip(`${field}.start`, pool.start);
    const end = ip(`${field}.end`, pool.end);
    if (!isUsable(cidr, start)) throw invalid(`${field}.start`, `must be an address for a host in ${cidr}`);
    if (!isUsable(cidr, end)) throw invalid(`${field}.end`, `must be an address for a host in ${cidr}`);
    if (toNumber(end) < toNumber(start)) throw invalid(`${field}.end`, 'must not be below start');
    if (narrowed.some((other) => inRange(other, start) || inRange({ start, end }, other.start))) {
      throw invalid(field, 'overlaps another pool');
    }
    if (gatewayIp !== '' && inRange({ start, end }, gatewayIp)) {
      throw invalid(field, `contains the gateway ${gatewayIp}`);
    }
    narrowed.push({ start, end });
  });
  return narrowed;
}

function isUsable(cidr: string, address: string): boolean {
  if (!containsAddress(cidr, address)) return false;
  const { first, last } = usable(cidr);
  const value = toNumber(address);
  return first <= value && value <= last;
}

function isSame(some: readonly AddressRange[], others: readonly AddressRange[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
