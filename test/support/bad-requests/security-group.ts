import type { SecurityGroupRuleInput } from '../../../proto/gen/vpcast/v1/SecurityGroupRule.ts';
import { absent, exists, invalid, longName, noSuchEnum, refused, unfit } from './bad-request.ts';
import type { BadRequest } from './bad-request.ts';

/** In the first rule of a request. */
const badRules: readonly [what: string, rule: SecurityGroupRuleInput, field: string][] = [
  ['no direction', { direction: 'DIRECTION_UNSPECIFIED' }, 'direction'],
  ['no such direction', { direction: noSuchEnum }, 'direction'],
  ['no such ether type', { etherType: noSuchEnum }, 'ether_type'],
  ['no such protocol', { protocol: 'http' }, 'protocol'],
  ['a large protocol', { protocol: '256' }, 'protocol'],
  ['ICMPv6 on IPv4', { protocol: 'icmpv6' }, 'protocol'],
  ['ICMP on IPv6', { protocol: 'icmp', etherType: 'ETHER_TYPE_IPV6' }, 'protocol'],
  ['ports without a protocol', { portRangeMin: 1, portRangeMax: 2 }, 'port_range_min'],
  ['ports of a protocol without', { protocol: 'gre', portRangeMax: 2 }, 'port_range_max'],
  ['no upper port', { protocol: 'tcp', portRangeMin: 1 }, 'port_range_max'],
  ['no lower port', { protocol: 'udp', portRangeMax: 1 }, 'port_range_min'],
  ['ports upside down', { protocol: 'tcp', portRangeMin: 9, portRangeMax: 8 }, 'port_range_max'],
  ['a large port', { protocol: 'tcp', portRangeMin: 9, portRangeMax: 65_536 }, 'port_range_max'],
  ['a large ICMP type', { protocol: 'icmp', portRangeMin: 256 }, 'port_range_min'],
  ['an ICMP code without a type', { protocol: '1', portRangeMax: 0 }, 'port_range_max'],
  ['a bad prefix', { remoteIpPrefix: '10.0.0.0' }, 'remote_ip_prefix'],
  ['host bits', { remoteIpPrefix: '10.0.0.1/8' }, 'remote_ip_prefix'],
  ['a prefix of the other family', { remoteIpPrefix: 'fd00::/48' }, 'remote_ip_prefix'],
  ['two remotes', { remoteIpPrefix: '10.0.0.0/8', remoteGroupId: 'web-sg' }, 'remote_ip_prefix'],
  ['a bad remote group', { remoteGroupId: 'a b' }, 'remote_group_id'],
  ['a bad id', { id: 'a b' }, 'id'],
  ['a long description', { description: longName }, 'description'],
];
const ingress = (rule: SecurityGroupRuleInput): SecurityGroupRuleInput => ({
  direction: 'DIRECTION_INGRESS',
  ...rule,
});
const unknownGroups = ['nope', 'db-sg'];
const twice = [ingress({ id: 'same' }), ingress({ id: 'same' })];

export const securityGroupRequests: readonly BadRequest[] = [
  refused('createSecurityGroup', 'no group', {}, invalid('security_group')),
  refused('createSecurityGroup', 'no VPC', { securityGroup: {} }, invalid('security_group.vpc_id')),
  refused(
    'createSecurityGroup',
    'an unknown VPC',
    { securityGroup: { vpcId: 'nope' } },
    absent('vpc', 'nope'),
    ['announced vpc/nope'],
  ),
  ...['web-sg', 'db-sg'].map((id) =>
    refused(
      'createSecurityGroup',
      `the id ${id}`,
      { securityGroup: { id, vpcId: 'web' } },
      exists('security_group', id),
    ),
  ),
  refused(
    'createSecurityGroup',
    'a long name',
    { securityGroup: { vpcId: 'web', name: longName } },
    invalid('security_group.name'),
  ),
  refused(
    'createSecurityGroup',
    'an id twice',
    { securityGroup: { vpcId: 'web', rules: twice } },
    invalid('security_group.rules[1].id'),
  ),
  ...unknownGroups.map((id) =>
    refused(
      'createSecurityGroup',
      `the remote group ${id}`,
      { securityGroup: { vpcId: 'web', rules: [ingress({ remoteGroupId: id })] } },
      absent('security_group', id),
    ),
  ),
  refused(
    'createSecurityGroup',
    'a request id that was used',
    { requestId: 'web-request', securityGroup: { id: 'web-sg', vpcId: 'web' } },
    invalid('request_id'),
  ),
  ...badRules.flatMap(([what, rule, field]) => [
    refused(
      'createSecurityGroup',
      what,
      { securityGroup: { vpcId: 'web', rules: [ingress(rule)] } },
      invalid(`security_group.rules[0].${field}`),
    ),
    refused(
      'updateSecurityGroup',
      what,
      { securityGroup: { id: 'web-sg', rules: [ingress(rule)] }, updateMask: { paths: ['rules'] } },
      invalid(`security_group.rules[0].${field}`),
    ),
    refused(
      'addSecurityGroupRules',
      what,
      { securityGroupId: 'web-sg', rules: [ingress({}), ingress(rule)] },
      invalid(`rules[1].${field}`),
    ),
  ]),

  refused('getSecurityGroup', 'no id', {}, invalid('id')),
  refused('getSecurityGroup', 'an unknown id', { id: 'nope' }, absent('security_group', 'nope')),

  refused('updateSecurityGroup', 'no group', {}, invalid('security_group')),
  refused('updateSecurityGroup', 'no id', { securityGroup: {} }, invalid('security_group.id')),
  refused('updateSecurityGroup', 'no mask', { securityGroup: { id: 'web-sg' } }, invalid('update_mask')),
  refused(
    'updateSecurityGroup',
    'a path that cannot change',
    { securityGroup: { id: 'web-sg' }, updateMask: { paths: ['vpc_id'] } },
    invalid('update_mask'),
  ),
  refused(
    'updateSecurityGroup',
    'an unknown id',
    { securityGroup: { id: 'nope' }, updateMask: { paths: ['name'] } },
    absent('security_group', 'nope'),
  ),
  refused(
    'updateSecurityGroup',
    'an unknown remote group',
    {
      securityGroup: { id: 'web-sg', rules: [ingress({ remoteGroupId: 'nope' })] },
      updateMask: { paths: ['rules'] },
    },
    absent('security_group', 'nope'),
  ),

  refused('addSecurityGroupRules', 'no group', { rules: [ingress({})] }, invalid('security_group_id')),
  refused('addSecurityGroupRules', 'no rules', { securityGroupId: 'web-sg' }, invalid('rules')),
  refused(
    'addSecurityGroupRules',
    'an unknown group',
    { securityGroupId: 'nope', rules: [ingress({})] },
    absent('security_group', 'nope'),
  ),
  refused(
    'addSecurityGroupRules',
    'a rule that is there',
    { securityGroupId: 'web-sg', rules: [ingress({}), ingress({ id: 'web-rule' })] },
    exists('security_group_rule', 'web-rule', 'rules[1].id'),
  ),
  refused(
    'addSecurityGroupRules',
    'a request id that was used',
    { requestId: 'web-request', securityGroupId: 'web-sg', rules: [ingress({})] },
    invalid('request_id'),
  ),

  refused('removeSecurityGroupRules', 'no group', { ruleIds: ['web-rule'] }, invalid('security_group_id')),
  refused('removeSecurityGroupRules', 'no rules', { securityGroupId: 'web-sg' }, invalid('rule_ids')),
  refused(
    'removeSecurityGroupRules',
    'a bad rule',
    { securityGroupId: 'web-sg', ruleIds: ['web-rule', ''] },
    invalid('rule_ids[1]'),
  ),
  refused(
    'removeSecurityGroupRules',
    'an unknown rule',
    { securityGroupId: 'web-sg', ruleIds: ['web-rule', 'nope'] },
    absent('security_group_rule', 'nope'),
  ),
  refused(
    'removeSecurityGroupRules',
    'an unknown group',
    { securityGroupId: 'nope', ruleIds: ['web-rule'] },
    absent('security_group', 'nope'),
  ),

  refused('deleteSecurityGroup', 'no id', {}, invalid('id')),
  refused('deleteSecurityGroup', 'an unknown id', { id: 'nope' }, absent('security_group', 'nope')),
  refused('deleteSecurityGroup', 'one with ports', { id: 'web-sg' }, unfit('security_group', 'web-sg')),
  refused(
    'deleteSecurityGroup',
    'one that rules name',
    { id: 'web-named' },
    unfit('security_group', 'web-named'),
  ),
];
