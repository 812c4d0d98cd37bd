/**
 * Narrowing of request fields: each function returns the canonical value or throws `invalid_argument` that names the
 * field by its path in the proto file. Handlers call these first; nothing is checked again deeper in.
 */
import { randomUUID } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { invalid } from '../core/errors.ts';

const ID = /^[A-Za-z0-9._-]{1,64}$/;

export function id(field: string, value: string): string {
  if (value === '') throw invalid(field, 'must not be empty');
  if (!ID.test(value)) throw invalid(field, 'must be 1 to 64 characters from [A-Za-z0-9._-]');
  return value;
}

/** '' becomes a fresh UUID. */
export function idOrNew(field: string, value: string): string {
  return value === '' ? randomUUID() : id(field, value);
}

/** '' stays ''. */
export function optionalId(field: string, value: string): string {
  return value === '' ? '' : id(field, value);
}

export function text(field: string, value: string, maxLength = 255): string {
  if (value.length > maxLength) throw invalid(field, `must be at most ${maxLength} characters`);
  return value;
}

export function requestId(value: string): string {
  return text('request_id', value, 128);
}

/** A message field that must be there. */
export function present<T>(field: string, value: T | null | undefined): T {
  if (value === null || value === undefined) throw invalid(field, 'must be set');
  return value;
}

export function integer(field: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw invalid(field, `must be from ${min} to ${max}`);
  return value;
}

/** Enum values that this server does not know arrive as numbers. */
export function enumerated<K extends string, V>(
  field: string,
  value: string | number,
  known: Record<K, V>,
): V {
  if (typeof value === 'string' && Object.hasOwn(known, value)) return known[value as K];
  throw invalid(field, `must be one of ${Object.keys(known).join(', ')}`);
}

export function labels(field: string, value: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(value);
  if (entries.length > 64) throw invalid(field, 'must have at most 64 entries');
  for (const [name, content] of entries) {
    if (name === '' || name.length > 64) throw invalid(field, 'names must have 1 to 64 characters');
    text(`${field}["${name}"]`, content, 1024);
  }
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** JSON text of an object in its shortest form; '' stays ''. */
export function jsonObject(field: string, value: string, maxLength: number): string {
  if (value === '') return '';
  text(field, value, maxLength);
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw invalid(field, 'is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalid(field, 'must be a JSON object');
  }
  return JSON.stringify(parsed);
}

/** Canonical text of an IPv4 or IPv6 address. */
export function ip(field: string, value: string): string {
  if (value === '') throw invalid(field, 'must not be empty');
  if (ipaddr.IPv4.isValidFourPartDecimal(value)) return ipaddr.IPv4.parse(value).toString();
  if (value.includes(':') && !value.includes('%') && ipaddr.IPv6.isValid(value)) {
    return ipaddr.IPv6.parse(value).toString();
  }
  throw invalid(field, `${JSON.stringify(value)} is not an IP address`);
}

/** Canonical text of a range without host bits. */
export function cidr(field: string, value: string): string {
  const [address, length, ...rest] = value.split('/');
  if (address === undefined || length === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) {
    throw invalid(field, `${JSON.stringify(value)} is not a CIDR range`);
  }
  const canonical = ip(field, address);
  const bits = canonical.includes(':') ? 128 : 32;
  if (Number(length) > bits) throw invalid(field, `prefix length must be at most ${bits}`);
  const range = `${canonical}/${Number(length)}`;
  const network =
    bits === 32 ? ipaddr.IPv4.networkAddressFromCIDR(range) : ipaddr.IPv6.networkAddressFromCIDR(range);
  if (network.toString() !== canonical)
    throw invalid(field, `has host bits set; did you mean ${network.toString()}/${length}?`);
  return range;
}

/** Lower case with colons; unicast and not all zero. */
export function mac(field: string, value: string): string {
  const canonical = value.toLowerCase().replaceAll('-', ':');
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(canonical)) {
    throw invalid(field, `${JSON.stringify(value)} is not a MAC address`);
  }
  if (canonical === '00:00:00:00:00:00') throw invalid(field, 'must not be all zero');
  if ((Number.parseInt(canonical.slice(0, 2), 16) & 1) === 1)
    throw invalid(field, 'must be a unicast address');
  return canonical;
}
