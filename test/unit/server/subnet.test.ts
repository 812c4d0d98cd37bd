import { expect } from 'chai';
import { scopes } from '../../../core/model/keys.ts';
import { transact } from '../../../core/store/transaction.ts';
import { createRouteTable } from '../../../server/rpc/route-table/create-route-table.ts';
import { deleteRouteTable } from '../../../server/rpc/route-table/delete-route-table.ts';
import { createSubnet } from '../../../server/rpc/subnet/create-subnet.ts';
import { deleteSubnet } from '../../../server/rpc/subnet/delete-subnet.ts';
import { getSubnet } from '../../../server/rpc/subnet/get-subnet.ts';
import { listSubnets } from '../../../server/rpc/subnet/list-subnets.ts';
import { updateSubnet } from '../../../server/rpc/subnet/update-subnet.ts';
import { deleteVpc } from '../../../server/rpc/vpc/delete-vpc.ts';
import { controlPlane, makeVpc, refused, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';

type SubnetFields = NonNullable<Parameters<typeof request<'CreateSubnet'>>[1]['subnet']>;

describe('subnets', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane();
    await makeVpc(plane, 'v1', { cidrs: ['10.0.0.0/8', 'fd00::/8'] });
  });
  const create = (subnet: SubnetFields, requestId = '') =>
    createSubnet(plane.deps, request('CreateSubnet', { requestId, subnet: { vpcId: 'v1', ...subnet } }));
  const update = (subnet: SubnetFields, ...paths: string[]) =>
    updateSubnet(plane.deps, request('UpdateSubnet', { subnet, updateMask: { paths } }));
  const remove = (id: string, requestId = '') =>
    deleteSubnet(plane.deps, request('DeleteSubnet', { id, requestId }));

  it('get a gateway and pools by default', async () => {
    const made = await create({ cidr: '10.1.0.0/24' });
    expect(made).to.include({ gatewayIp: '10.1.0.1', noGateway: false, revision: 2 });
    expect(made.allocationPools).to.deep.equal([{ start: '10.1.0.2', end: '10.1.0.254' }]);
    expect(await getSubnet(plane.deps, request('GetSubnet', { id: made.id ?? '' }))).to.deep.equal(made);

    const middle = await create({ cidr: '10.1.1.0/29', gatewayIp: '10.1.1.3' });
    expect(middle.allocationPools).to.deep.equal([
      { start: '10.1.1.1', end: '10.1.1.2' },
      { start: '10.1.1.4', end: '10.1.1.6' },
    ]);
    const none = await create({ cidr: 'fd00::/64', noGateway: true });
    expect(none).to.include({ gatewayIp: '', noGateway: true });
    expect(none.allocationPools).to.deep.equal([{ start: 'fd00::1', end: 'fd00::ffff:ffff:ffff:ffff' }]);
  });

  const violations: [string, SubnetFields, string][] = [
    ['a bad id', { id: '/', cidr: '10.1.0.0/24' }, 'subnet.id'],
    ['no VPC', { vpcId: '', cidr: '10.1.0.0/24' }, 'subnet.vpc_id'],
    ['a bad project', { projectId: '*', cidr: '10.1.0.0/24' }, 'subnet.project_id'],
    ['a long name', { name: 'n'.repeat(256), cidr: '10.1.0.0/24' }, 'subnet.name'],
    ['no range', {}, 'subnet.cidr'],
    ['host bits', { cidr: '10.1.0.1/24' }, 'subnet.cidr'],
    ['a gateway elsewhere', { cidr: '10.1.0.0/24', gatewayIp: '10.2.0.1' }, 'subnet.gateway_ip'],
    ['a gateway of the other family', { cidr: '10.1.0.0/24', gatewayIp: 'fd00::1' }, 'subnet.gateway_ip'],
    [
      'the broadcast address as gateway',
      { cidr: '10.1.0.0/24', gatewayIp: '10.1.0.255' },
      'subnet.gateway_ip',
    ],
    [
      'a gateway and none',
      { cidr: '10.1.0.0/24', gatewayIp: '10.1.0.1', noGateway: true },
      'subnet.gateway_ip',
    ],
    [
      'a bad name server',
      { cidr: '10.1.0.0/24', dnsNameservers: ['1.1.1.1', 'x'] },
      'subnet.dns_nameservers[1]',
    ],
    [
      'a host route that is no range',
      { cidr: '10.1.0.0/24', hostRoutes: [{ destination: '1.1.1.1', nextHop: '10.1.0.9' }] },
      'subnet.host_routes[0].destination',
    ],
    [
      'a next hop that is no address',
      { cidr: '10.1.0.0/24', hostRoutes: [{ destination: '1.1.0.0/16', nextHop: '' }] },
      'subnet.host_routes[0].next_hop',
    ],
    [
      'a next hop of the other family',
      { cidr: '10.1.0.0/24', hostRoutes: [{ destination: '1.1.0.0/16', nextHop: 'fd00::1' }] },
      'subnet.host_routes[0].next_hop',
    ],
    [
      'a pool elsewhere',
      { cidr: '10.1.0.0/24', allocationPools: [{ start: '10.1.0.9', end: '10.1.1.9' }] },
      'subnet.allocation_pools[0].end',
    ],
    [
      'a pool with the network address',
      { cidr: '10.1.0.0/24', allocationPools: [{ start: '10.1.0.0', end: '10.1.0.9' }] },
      'subnet.allocation_pools[0].start',
    ],
    [
      'a pool backwards',
      { cidr: '10.1.0.0/24', allocationPools: [{ start: '10.1.0.9', end: '10.1.0.8' }] },
      'subnet.allocation_pools[0].end',
    ],
    [
      'pools that overlap',
      {
        cidr: '10.1.0.0/24',
        allocationPools: [
          { start: '10.1.0.8', end: '10.1.0.9' },
          { start: '10.1.0.5', end: '10.1.0.20' },
        ],
      },
      'subnet.allocation_pools[1]',
    ],
    [
      'a pool with the gateway',
      { cidr: '10.1.0.0/24', allocationPools: [{ start: '10.1.0.1', end: '10.1.0.9' }] },
      'subnet.allocation_pools[0]',
    ],
    ['a label without a name', { cidr: '10.1.0.0/24', labels: { '': '' } }, 'subnet.labels'],
  ];
  for (const [what, subnet, field] of violations) {
    it(`are refused with ${what}`, async () => {
      await refused(plane, 'v1', () => create(subnet), { code: 'invalid_argument', field });
    });
  }

  it('lie in a range of the VPC and overlap no other', async () => {
    await create({ id: 's1', cidr: '10.1.0.0/16' });
    const expected = { code: 'failed_precondition', field: 'subnet.cidr' } as const;
    await refused(plane, 'v1', () => create({ cidr: '11.0.0.0/24' }), expected);
    for (const cidr of ['10.1.0.0/16', '10.1.7.0/24', '10.0.0.0/14']) {
      await refused(plane, 'v1', () => create({ cidr }), {
        ...expected,
        resource: { type: 'subnet', id: 's1' },
      });
    }
    await makeVpc(plane, 'v2');
    await create({ vpcId: 'v2', cidr: '10.1.0.0/16' });
  });

  it('have ids that are unique in the region', async () => {
    await create({ id: 's1', cidr: '10.1.0.0/24' });
    await makeVpc(plane, 'v2');
    const expected = { code: 'already_exists', resource: { type: 'subnet', id: 's1' } } as const;
    await refused(plane, 'v1', () => create({ id: 's1', cidr: '10.2.0.0/24' }), expected);
    await refused(plane, 'v2', () => create({ id: 's1', vpcId: 'v2', cidr: '10.2.0.0/24' }), expected);
    await remove('s1', 'r1');
    await refused(plane, 'v2', () => create({ id: 's1', vpcId: 'v2', cidr: '10.2.0.0/24' }), {
      code: 'aborted',
    });
    plane.now += 60_000;
    await create({ id: 's1', vpcId: 'v2', cidr: '10.2.0.0/24' });
  });

  it('that overlap: of fifty calls at once exactly one wins', async () => {
    const calls = Array.from({ length: 50 }, (_, n) =>
      create({ id: `s${n}`, cidr: `10.1.0.0/${8 + (n % 20) || 9}` }),
    );
    const outcomes = await Promise.allSettled(
      calls.map((call, n) =>
        call.catch((error: unknown) => Promise.reject(new Error(String(n), { cause: error }))),
      ),
    );
    const { subnets } = await listSubnets(plane.deps, request('ListSubnets', { vpcId: 'v1' }));
    expect(subnets).to.have.length(outcomes.filter(({ status }) => status === 'fulfilled').length);
    expect(subnets).to.have.length(1);
  });

  it('that do not overlap: all of fifty calls at once win', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, n) => create({ cidr: `10.${n}.0.0/16` })));
    const { subnets } = await listSubnets(plane.deps, request('ListSubnets', { vpcId: 'v1', pageSize: 50 }));
    expect(subnets).to.have.length(50);
  });

  it('answer repeated requests as the first time, also after they are gone', async () => {
    const made = await Promise.all([1, 2, 3].map(() => create({ cidr: '10.1.0.0/24' }, 'r1')));
    expect(made[1]).to.deep.equal(made[0]);
    expect(made[2]).to.deep.equal(made[0]);
    await refused(plane, 'v1', () => create({ cidr: '10.2.0.0/24' }, 'r1'), {
      code: 'invalid_argument',
      field: 'request_id',
    });
    const id = made[0]?.id ?? '';
    await remove(id, 'r2');
    await remove(id, 'r2');
    await refused(plane, 'v1', () => remove(id), { code: 'not_found', resource: { type: 'subnet', id } });
  });

  it('keep gateway and pools consistent in updates', async () => {
    await create({ id: 's1', cidr: '10.1.0.0/24' });
    const moved = await update({ id: 's1', gatewayIp: '10.1.0.254' }, 'gateway_ip');
    expect(moved.allocationPools).to.deep.equal([{ start: '10.1.0.1', end: '10.1.0.253' }]);
    const pool = { start: '10.1.0.10', end: '10.1.0.20' };
    await update({ id: 's1', allocationPools: [pool] }, 'allocation_pools');
    await refused(plane, 'v1', () => update({ id: 's1', gatewayIp: '10.1.0.11' }, 'gateway_ip'), {
      code: 'invalid_argument',
      field: 'subnet.gateway_ip',
    });
    const without = await update({ id: 's1', noGateway: true }, 'no_gateway');
    expect(without).to.deep.include({ gatewayIp: '', noGateway: true, allocationPools: [pool] });
    expect((await update({ id: 's1' }, 'no_gateway')).gatewayIp).to.equal('10.1.0.1');
    const reset = await update({ id: 's1' }, 'allocation_pools');
    expect(reset.allocationPools).to.deep.equal([{ start: '10.1.0.2', end: '10.1.0.254' }]);
    const renamed = await update(
      { id: 's1', name: 'n', dhcpDisabled: true, gatewayIp: 'x' },
      'name',
      'dhcp_disabled',
    );
    expect(renamed).to.include({ name: 'n', dhcpDisabled: true, gatewayIp: '10.1.0.1' });
  });

  it('refuse updates that do not fit', async () => {
    await create({ id: 's1', cidr: '10.1.0.0/24' });
    const route = { destination: 'fd01::/64', nextHop: 'fd00::1' };
    const cases: [SubnetFields, string[], string][] = [
      [{ id: '' }, ['name'], 'subnet.id'],
      [{ id: 's1' }, [], 'update_mask'],
      [{ id: 's1', cidr: '10.2.0.0/24' }, ['cidr'], 'update_mask'],
      [{ id: 's1' }, ['gateway_ip'], 'subnet.gateway_ip'],
      [{ id: 's1', gatewayIp: '10.2.0.1' }, ['gateway_ip'], 'subnet.gateway_ip'],
      [
        { id: 's1', gatewayIp: '10.1.0.9', noGateway: true },
        ['gateway_ip', 'no_gateway'],
        'subnet.gateway_ip',
      ],
      [{ id: 's1', hostRoutes: [route] }, ['host_routes'], 'subnet.host_routes[0].destination'],
      [{ id: 's1', dnsNameservers: ['x'] }, ['dns_nameservers'], 'subnet.dns_nameservers[0]'],
    ];
    for (const [subnet, paths, field] of cases) {
      await refused(plane, 'v1', () => update(subnet, ...paths), { code: 'invalid_argument', field });
    }
  });

  it('stay while ports have addresses in them or route tables name them', async () => {
    await create({ id: 's1', cidr: '10.1.0.0/24' });
    const inUse = { code: 'failed_precondition', resource: { type: 'subnet', id: 's1' } } as const;
    const count = (delta: number) =>
      transact(plane.store, scopes.vpc('v1'), (tx) => {
        tx.count('subnet-ports/s1', delta);
        return Promise.resolve();
      });
    await count(1);
    await refused(plane, 'v1', () => remove('s1'), inUse);
    await count(-1);
    const routeTable = { id: 't1', vpcId: 'v1', subnetIds: ['s1'] };
    await createRouteTable(plane.deps, request('CreateRouteTable', { routeTable }));
    await refused(plane, 'v1', () => remove('s1'), inUse);
    await deleteRouteTable(plane.deps, request('DeleteRouteTable', { id: 't1' }));
    await remove('s1');
    await create({ id: 's2', cidr: '10.1.0.0/24' });
  });

  it('are not made in a VPC that is being deleted', async () => {
    for (let round = 0; round < 20; round++) {
      const vpcId = await makeVpc(plane, `r${round}`);
      const calls = [
        () => deleteVpc(plane.deps, request('DeleteVpc', { id: vpcId })),
        () => create({ id: `s${round}`, vpcId, cidr: '10.1.0.0/24' }),
        () => create({ id: `t${round}`, vpcId, cidr: '10.2.0.0/24' }),
      ];
      await Promise.allSettled(calls.map((call, i) => Promise.resolve(i + round).then(call)));
      expect(await plane.store.list(scopes.vpc(vpcId), 'subnet', '', 10)).to.deep.equal([]);
    }
  });
});
