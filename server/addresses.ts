/** Arithmetic on canonical addresses and CIDR ranges (see `fields.ts`); nothing here checks what a caller wrote. */
import ipaddr from 'ipaddr.js';

export type Family = 4 | 6;

export interface AddressRange {
  readonly start: string;
  readonly end: string;
}

/** Of an address or a range. */
export function familyOf(text: string): Family {
  return text.includes(':') ? 6 : 4;
}

export function toNumber(ip: string): bigint {
  return ipaddr
    .parse(ip)
    .toByteArray()
    .reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** Canonical text. */
export function fromNumber(value: bigint, family: Family): string {
  const length = family === 4 ? 4 : 16;
  const bytes = Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn));
  return ipaddr.fromByteArray(bytes).toString();
}

/** First and last number of a CIDR range, network and broadcast address included. */
export function bounds(cidr: string): {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
} {
  const [network = '', length = ''] = cidr.split('/');
  const family = familyOf(network);
  const first = toNumber(network);
  const hostBits = BigInt((family === 4 ? 32 : 128) - Number(length));
  return { family, first, last: first + (1n << hostBits) - 1n };
}

export function overlap(one: string, other: string): boolean {
  const a = bounds(one);
  const b = bounds(other);
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

export function containsRange(outer: string, inner: string): boolean {
  const a = bounds(outer);
  const b = bounds(inner);
  return a.family === b.family && a.first <= b.first && b.last <= a.last;
}

export function containsAddress(cidr: string, ip: string): boolean {
  const { family, first, last } = bounds(cidr);
  const value = toNumber(ip);
  return family === familyOf(ip) && first <= value && value <= last;
}

/**
 * First and last number that a host may have: without network and broadcast address; IPv6 has no broadcast address,
 * and ranges of one or two addresses have neither.
 */
export function usable(cidr: string): {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
} {
  const { family, first, last } = bounds(cidr);
  if (last - first < 2n) return { family, first, last };
  return { family, first: first + 1n, last: family === 4 ? last - 1n : last };
}

export function firstUsable(cidr: string): string {
  const { family, first } = usable(cidr);
  return fromNumber(first, family);
}

/** Everything usable but the gateway ('' = none). */
export function defaultPools(cidr: string, gatewayIp: string): AddressRange[] {
  const { family, first, last } = usable(cidr);
  const gateway = gatewayIp === '' ? first - 1n : toNumber(gatewayIp);
  const parts =
    gateway < first || gateway > last
      ? [[first, last] as const]
      : [[first, gateway - 1n] as const, [gateway + 1n, last] as const];
  return parts
    .filter(([start, end]) => start <= end)
    .map(([start, end]) => ({ start: fromNumber(start, family), end: fromNumber(end, family) }));
}

export function inRange({ start, end }: AddressRange, ip: string): boolean {
  const value = toNumber(ip);
  return familyOf(start) === familyOf(ip) && toNumber(start) <= value && value <= toNumber(end);
}
