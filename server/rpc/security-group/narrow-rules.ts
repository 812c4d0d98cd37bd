import { randomUUID } from 'node:crypto';
import { invalid } from '../../../core/errors.ts';
import type { SecurityGroupRule } from '../../../core/model/resources.ts';
import type { SecurityGroupRule as RuleMessage } from '../../../proto/gen/vpcast/v1/SecurityGroupRule.ts';
import { familyOf } from '../../addresses.ts';
import { cidr, enumerated, id, integer, optionalId, text } from '../../fields.ts';

const directions = { DIRECTION_INGRESS: 'ingress', DIRECTION_EGRESS: 'egress' } as const;
const etherTypes = {
  ETHER_TYPE_UNSPECIFIED: 'ipv4',
  ETHER_TYPE_IPV4: 'ipv4',
  ETHER_TYPE_IPV6: 'ipv6',
} as const;

/** Names that stand for an IP protocol number, as OpenStack uses them. */
const numbers: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  egp: 8,
  udp: 17,
  dccp: 33,
  rsvp: 46,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  ospf: 89,
  pgm: 113,
  vrrp: 112,
  sctp: 132,
  udplite: 136,
};
const withPorts: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);
const ICMP = 1;
const ICMPV6 = 58;

/** Rules with ids that are unique among them; an empty id becomes a UUID. */
export function narrowRules(field: string, given: readonly RuleMessage[]): SecurityGroupRule[] {
  const ids = new Set<string>();
  return given.map((message, i) => {
    const rule = narrowRule(`${field}[${i}]`, message);
    if (ids.has(rule.id)) throw invalid(`${field}[${i}].id`, 'is the id of another rule');
    ids.add(rule.id);
    return rule;
  });
}

function narrowRule(field: string, given: RuleMessage): SecurityGroupRule {
  const etherType = enumerated(`${field}.ether_type`, given.etherType, etherTypes);
  const protocol = narrowProtocol(`${field}.protocol`, given.protocol);
  if (numbers[protocol] === (etherType === 'ipv4' ? ICMPV6 : ICMP) && protocol !== '') {
    throw invalid(`${field}.protocol`, `${protocol} does not go with ${etherType}`);
  }
  return {
    id: given.id === '' ? randomUUID() : id(`${field}.id`, given.id),
    direction: enumerated(`${field}.direction`, given.direction, directions),
    etherType,
    protocol,
    ...narrowPorts(field, given, protocol),
    remoteIpPrefix: narrowPrefix(field, given, etherType),
    remoteGroupId: optionalId(`${field}.remote_group_id`, given.remoteGroupId),
    description: text(`${field}.description`, given.description),
  };
}

/** A name in lower case; a number that has a name becomes the name. */
function narrowProtocol(field: string, given: string): string {
  const value = given.toLowerCase();
  if (value === '' || Object.hasOwn(numbers, value)) return value;
  if (!/^\d{1,3}$/.test(value)) {
    throw invalid(field, `must be a number or one of ${Object.keys(numbers).join(', ')}`);
  }
  const number = integer(field, Number(value), 0, 255);
  return Object.keys(numbers).find((name) => numbers[name] === number) ?? String(number);
}

type Ports = Pick<SecurityGroupRule, 'portRangeMin' | 'portRangeMax'>;

function narrowPorts(field: string, given: RuleMessage, protocol: string): Ports {
  const { portRangeMin: min, portRangeMax: max } = given;
  const maxField = `${field}.port_range_max`;
  if (min === undefined && max === undefined) return {};
  const number = numbers[protocol];
  if (number === ICMP || number === ICMPV6) {
    if (min === undefined) throw invalid(maxField, 'an ICMP code needs a type, port_range_min');
    const portRangeMin = integer(`${field}.port_range_min`, min, 0, 255);
    return max === undefined
      ? { portRangeMin }
      : { portRangeMin, portRangeMax: integer(maxField, max, 0, 255) };
  }
  if (number === undefined || !withPorts.has(number)) {
    const named = min === undefined ? maxField : `${field}.port_range_min`;
    throw invalid(named, 'needs a protocol that has ports, or ICMP');
  }
  if (min === undefined) throw invalid(`${field}.port_range_min`, 'must be set with port_range_max');
  if (max === undefined) throw invalid(maxField, 'must be set with port_range_min');
  const portRangeMin = integer(`${field}.port_range_min`, min, 0, 65_535);
  const portRangeMax = integer(maxField, max, 0, 65_535);
  if (portRangeMax < portRangeMin) throw invalid(maxField, 'must not be below port_range_min');
  return { portRangeMin, portRangeMax };
}

function narrowPrefix(field: string, given: RuleMessage, etherType: 'ipv4' | 'ipv6'): string {
  if (given.remoteIpPrefix === '') return '';
  const prefixField = `${field}.remote_ip_prefix`;
  const prefix = cidr(prefixField, given.remoteIpPrefix);
  if (given.remoteGroupId !== '') throw invalid(prefixField, 'must not be set along with remote_group_id');
  if (familyOf(prefix) !== (etherType === 'ipv4' ? 4 : 6)) {
    throw invalid(prefixField, `is not an ${etherType} range`);
  }
  return prefix;
}
