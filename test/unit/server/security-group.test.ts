import { expect } from 'chai';
import { scopes } from '../../../core/model/keys.ts';
import { transact } from '../../../core/store/transaction.ts';
import { addSecurityGroupRules } from '../../../server/rpc/security-group/add-security-group-rules.ts';
import { createSecurityGroup } from '../../../server/rpc/security-group/create-security-group.ts';
import { deleteSecurityGroup } from '../../../server/rpc/security-group/delete-security-group.ts';
import { getSecurityGroup } from '../../../server/rpc/security-group/get-security-group.ts';
import { listSecurityGroups } from '../../../server/rpc/security-group/list-security-groups.ts';
import { removeSecurityGroupRules } from '../../../server/rpc/security-group/remove-security-group-rules.ts';
import { updateSecurityGroup } from '../../../server/rpc/security-group/update-security-group.ts';
import { deleteVpc } from '../../../server/rpc/vpc/delete-vpc.ts';
import { controlPlane, makeVpc, refused, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';

type GroupFields = NonNullable<Parameters<typeof request<'CreateSecurityGroup'>>[1]['securityGroup']>;
type Rule = NonNullable<GroupFields['rules']>[number];

describe('security groups', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane();
    await makeVpc(plane);
  });
  const create = (securityGroup: GroupFields) =>
    createSecurityGroup(
      plane.deps,
      request('CreateSecurityGroup', { securityGroup: { vpcId: 'v1', ...securityGroup } }),
    );
  const add = (securityGroupId: string, rules: Rule[], requestId = '') =>
    addSecurityGroupRules(
      plane.deps,
      request('AddSecurityGroupRules', { requestId, securityGroupId, rules }),
    );
  const drop = (securityGroupId: string, ruleIds: string[]) =>
    removeSecurityGroupRules(plane.deps, request('RemoveSecurityGroupRules', { securityGroupId, ruleIds }));
  const update = (securityGroup: GroupFields, ...paths: string[]) =>
    updateSecurityGroup(plane.deps, request('UpdateSecurityGroup', { securityGroup, updateMask: { paths } }));
  const remove = (id: string) => deleteSecurityGroup(plane.deps, request('DeleteSecurityGroup', { id }));

  it('keep their rules in canonical form', async () => {
    const made = await create({
      id: 'g1',
      rules: [
        { id: 'a', direction: 'DIRECTION_INGRESS', protocol: 'TCP', portRangeMin: 22, portRangeMax: 22 },
        { id: 'b', direction: 'DIRECTION_EGRESS', etherType: 'ETHER_TYPE_IPV6', remoteIpPrefix: 'FD00::/8' },
        { id: 'c', direction: 'DIRECTION_INGRESS', protocol: '1', portRangeMin: 8, portRangeMax: 0 },
        { id: 'd', direction: 'DIRECTION_INGRESS', protocol: '200', remoteGroupId: 'g1' },
        { direction: 'DIRECTION_INGRESS' },
      ],
    });
    const rules = made.rules ?? [];
    expect(rules[0]).to.include({
      protocol: 'tcp',
      etherType: 'ETHER_TYPE_IPV4',
      portRangeMin: 22,
      portRangeMax: 22,
    });
    expect(rules[1]).to.include({ etherType: 'ETHER_TYPE_IPV6', remoteIpPrefix: 'fd00::/8' });
    expect(rules[1]).not.to.have.property('portRangeMin');
    expect(rules[2]).to.include({ protocol: 'icmp', portRangeMin: 8, portRangeMax: 0 });
    expect(rules[3]).to.include({ protocol: '200', remoteGroupId: 'g1' });
    expect(rules[4]?.id).to.match(/^[0-9a-f-]{36}$/);
    expect(await getSecurityGroup(plane.deps, request('GetSecurityGroup', { id: 'g1' }))).to.deep.equal(made);
  });

  const violations: [string, Rule, string][] = [
    ['a bad id', { id: '/', direction: 'DIRECTION_INGRESS' }, 'id'],
    ['no direction', {}, 'direction'],
    ['an unknown direction', { direction: 7 as 1 }, 'direction'],
    ['an unknown ether type', { direction: 'DIRECTION_INGRESS', etherType: 7 as 1 }, 'ether_type'],
    ['an unknown protocol', { direction: 'DIRECTION_INGRESS', protocol: 'carrier-pigeon' }, 'protocol'],
    ['a protocol above 255', { direction: 'DIRECTION_INGRESS', protocol: '256' }, 'protocol'],
    ['ICMPv6 in IPv4', { direction: 'DIRECTION_INGRESS', protocol: 'icmpv6' }, 'protocol'],
    [
      'ICMP in IPv6',
      { direction: 'DIRECTION_INGRESS', etherType: 'ETHER_TYPE_IPV6', protocol: '1' },
      'protocol',
    ],
    [
      'ports without protocol',
      { direction: 'DIRECTION_INGRESS', portRangeMin: 1, portRangeMax: 2 },
      'port_range_min',
    ],
    ['ports of ESP', { direction: 'DIRECTION_INGRESS', protocol: 'esp', portRangeMax: 2 }, 'port_range_max'],
    ['half a range', { direction: 'DIRECTION_INGRESS', protocol: 'udp', portRangeMin: 2 }, 'port_range_max'],
    [
      'the other half',
      { direction: 'DIRECTION_INGRESS', protocol: 'udp', portRangeMax: 2 },
      'port_range_min',
    ],
    [
      'a range backwards',
      { direction: 'DIRECTION_INGRESS', protocol: 'sctp', portRangeMin: 2, portRangeMax: 1 },
      'port_range_max',
    ],
    [
      'a port above 65535',
      { direction: 'DIRECTION_INGRESS', protocol: 'tcp', portRangeMin: 2, portRangeMax: 65_536 },
      'port_range_max',
    ],
    [
      'an ICMP type above 255',
      { direction: 'DIRECTION_INGRESS', protocol: 'icmp', portRangeMin: 256 },
      'port_range_min',
    ],
    [
      'an ICMP code without type',
      { direction: 'DIRECTION_INGRESS', protocol: 'icmp', portRangeMax: 0 },
      'port_range_max',
    ],
    ['a bad prefix', { direction: 'DIRECTION_INGRESS', remoteIpPrefix: '10.0.0.1/8' }, 'remote_ip_prefix'],
    [
      'a prefix of the other family',
      { direction: 'DIRECTION_INGRESS', remoteIpPrefix: 'fd00::/8' },
      'remote_ip_prefix',
    ],
    [
      'two remotes',
      { direction: 'DIRECTION_INGRESS', remoteIpPrefix: '10.0.0.0/8', remoteGroupId: 'g1' },
      'remote_ip_prefix',
    ],
    ['a bad remote group', { direction: 'DIRECTION_INGRESS', remoteGroupId: '/' }, 'remote_group_id'],
    ['a long description', { direction: 'DIRECTION_INGRESS', description: 'd'.repeat(256) }, 'description'],
  ];
  for (const [what, rule, field] of violations) {
    it(`refuse a rule with ${what}, wherever rules are given`, async () => {
      await create({ id: 'g1' });
      const rules: Rule[] = [{ direction: 'DIRECTION_EGRESS' }, rule];
      const expected = (list: string) =>
        ({ code: 'invalid_argument', field: `${list}[1].${field}` }) as const;
      await refused(plane, 'v1', () => create({ rules }), expected('security_group.rules'));
      await refused(
        plane,
        'v1',
        () => update({ id: 'g1', rules }, 'rules'),
        expected('security_group.rules'),
      );
      await refused(plane, 'v1', () => add('g1', rules), expected('rules'));
    });
  }

  it('refuse other bad fields', async () => {
    const twice: Rule[] = ['a', 'a'].map((id) => ({ id, direction: 'DIRECTION_INGRESS' }));
    const cases: [GroupFields, string][] = [
      [{ id: '/' }, 'security_group.id'],
      [{ vpcId: '' }, 'security_group.vpc_id'],
      [{ projectId: '/' }, 'security_group.project_id'],
      [{ name: 'n'.repeat(256) }, 'security_group.name'],
      [{ description: 'n'.repeat(256) }, 'security_group.description'],
      [{ labels: { '': '' } }, 'security_group.labels'],
      [{ rules: twice }, 'security_group.rules[1].id'],
    ];
    for (const [group, field] of cases) {
      await refused(plane, 'v1', () => create(group), { code: 'invalid_argument', field });
    }
    const missing = { code: 'not_found', resource: { type: 'security_group', id: 'no' } } as const;
    const toNobody: Rule[] = [{ direction: 'DIRECTION_INGRESS', remoteGroupId: 'no' }];
    await refused(plane, 'v1', () => create({ rules: toNobody }), missing);
    await refused(plane, 'v1', () => add('no', [{ direction: 'DIRECTION_INGRESS' }]), missing);
    await refused(plane, 'v1', () => remove('no'), missing);
    await refused(plane, 'no', () => create({ vpcId: 'no' }), { code: 'not_found' });
  });

  it('gain and lose rules by id', async () => {
    await create({ id: 'g1', rules: [{ id: 'a', direction: 'DIRECTION_INGRESS' }] });
    const repeated = await Promise.all(
      [1, 2].map(() => add('g1', [{ direction: 'DIRECTION_EGRESS' }], 'r1')),
    );
    expect(repeated[0]?.rules).to.have.length(2);
    expect(repeated[1]).to.deep.equal(repeated[0]);
    await refused(plane, 'v1', () => add('g1', [{ id: 'a', direction: 'DIRECTION_EGRESS' }]), {
      code: 'already_exists',
      field: 'rules[0].id',
    });
    await refused(plane, 'v1', () => drop('g1', ['a', 'b']), {
      code: 'not_found',
      resource: { type: 'security_group_rule', id: 'b' },
    });
    for (const [call, field] of [
      [() => add('g1', []), 'rules'],
      [() => drop('g1', []), 'rule_ids'],
      [() => drop('g1', ['/']), 'rule_ids[0]'],
      [() => update({ id: 'g1' }, 'vpc_id'), 'update_mask'],
    ] as const) {
      await refused(plane, 'v1', call, { code: 'invalid_argument', field });
    }
    const left = await drop('g1', ['a']);
    expect(left.rules?.map((rule) => rule.direction)).to.deep.equal(['DIRECTION_EGRESS']);
    const many = Array.from({ length: 20 }, (_, n) =>
      add('g1', [{ id: `r${n}`, direction: 'DIRECTION_INGRESS' }]),
    );
    await Promise.all(many);
    const { securityGroups } = await listSecurityGroups(
      plane.deps,
      request('ListSecurityGroups', { vpcId: 'v1' }),
    );
    expect(securityGroups?.[0]?.rules).to.have.length(21);
  });

  it('are refused when they would not fit into a message', async () => {
    await create({ id: 'g1' });
    const rules = Array.from({ length: 1_000 }, (): Rule => ({
      direction: 'DIRECTION_INGRESS',
      description: 'x'.repeat(255),
    }));
    for (let n = 0; n < 4; n++) await add('g1', rules);
    await refused(plane, 'v1', () => add('g1', rules), {
      code: 'resource_exhausted',
      resource: { type: 'security_group', id: 'g1' },
    });
  });

  it('stay while ports are in them or rules of others name them', async () => {
    await create({ id: 'g1', rules: [{ direction: 'DIRECTION_INGRESS', remoteGroupId: 'g1' }] });
    await create({ id: 'g2', rules: [{ id: 'a', direction: 'DIRECTION_INGRESS', remoteGroupId: 'g1' }] });
    const inUse = { code: 'failed_precondition', resource: { type: 'security_group', id: 'g1' } } as const;
    await refused(plane, 'v1', () => remove('g1'), inUse);
    await add('g2', [{ id: 'b', direction: 'DIRECTION_EGRESS', remoteGroupId: 'g1' }]);
    await drop('g2', ['a']);
    await refused(plane, 'v1', () => remove('g1'), inUse);
    await update({ id: 'g2', rules: [] }, 'rules');
    const count = (delta: number) =>
      transact(plane.store, scopes.vpc('v1'), (tx) => {
        tx.count('group-ports/g1', delta);
        return Promise.resolve();
      });
    await count(1);
    await refused(plane, 'v1', () => remove('g1'), inUse);
    await count(-1);
    await remove('g1');
    await remove('g2');
  });

  it('are never left behind with a rule that names no group', async () => {
    for (let round = 0; round < 20; round++) {
      const [one, other] = [`a${round}`, `b${round}`];
      await create({ id: one });
      await create({ id: other });
      const calls = [
        () => remove(one),
        () => add(other, [{ direction: 'DIRECTION_INGRESS', remoteGroupId: one }]),
      ];
      const ordered = round % 2 === 0 ? calls : calls.toReversed();
      const outcomes = await Promise.allSettled(ordered.map((call) => call()));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    }
  });

  it('go with their VPC, together with what was counted', async () => {
    await create({ id: 'g1' });
    await create({ id: 'g2', rules: [{ direction: 'DIRECTION_INGRESS', remoteGroupId: 'g1' }] });
    await deleteVpc(plane.deps, request('DeleteVpc', { id: 'v1' }));
    await makeVpc(plane);
    await create({ id: 'g1' });
    await remove('g1');
  });
});
