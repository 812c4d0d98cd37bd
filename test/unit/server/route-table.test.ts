import { expect } from 'chai';
import { createRouteTable } from '../../../server/rpc/route-table/create-route-table.ts';
import { deleteRouteTable } from '../../../server/rpc/route-table/delete-route-table.ts';
import { getRouteTable } from '../../../server/rpc/route-table/get-route-table.ts';
import { listRouteTables } from '../../../server/rpc/route-table/list-route-tables.ts';
import { updateRouteTable } from '../../../server/rpc/route-table/update-route-table.ts';
import { createSubnet } from '../../../server/rpc/subnet/create-subnet.ts';
import { deleteSubnet } from '../../../server/rpc/subnet/delete-subnet.ts';
import { controlPlane, makeVpc, refused, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';

type TableFields = NonNullable<Parameters<typeof request<'CreateRouteTable'>>[1]['routeTable']>;

describe('route tables', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane();
    await makeVpc(plane);
    for (const n of [1, 2]) {
      const subnet = { id: `s${n}`, vpcId: 'v1', cidr: `10.${n}.0.0/16` };
      await createSubnet(plane.deps, request('CreateSubnet', { subnet }));
    }
  });
  const create = (routeTable: TableFields) =>
    createRouteTable(plane.deps, request('CreateRouteTable', { routeTable: { vpcId: 'v1', ...routeTable } }));
  const update = (routeTable: TableFields, ...paths: string[]) =>
    updateRouteTable(plane.deps, request('UpdateRouteTable', { routeTable, updateMask: { paths } }));

  it('are made, read, listed, changed and deleted', async () => {
    const routes = [
      { destination: '0.0.0.0/0', nextHop: '10.1.0.1', priority: 10 },
      { destination: '0.0.0.0/0', nextHop: '10.1.0.2', priority: 20 },
      { destination: '::/0', nextHop: 'FD00::1', priority: 10 },
    ];
    const made = await create({ id: 't1', subnetIds: ['s1'], routes });
    expect(made.routes?.[2]).to.deep.equal({ destination: '::/0', nextHop: 'fd00::1', priority: 10 });
    expect(await getRouteTable(plane.deps, request('GetRouteTable', { id: 't1' }))).to.deep.equal(made);
    const listed = await listRouteTables(plane.deps, request('ListRouteTables', { vpcId: 'v1' }));
    expect(listed.routeTables).to.deep.equal([made]);
    const changed = await update({ id: 't1', name: 'n', subnetIds: ['s2'] }, 'name', 'subnet_ids');
    expect(changed).to.deep.include({ name: 'n', subnetIds: ['s2'], routes: made.routes });
    await deleteSubnet(plane.deps, request('DeleteSubnet', { id: 's1' }));
    await refused(plane, 'v1', () => deleteSubnet(plane.deps, request('DeleteSubnet', { id: 's2' })), {
      code: 'failed_precondition',
    });
    await deleteRouteTable(plane.deps, request('DeleteRouteTable', { id: 't1' }));
    await deleteSubnet(plane.deps, request('DeleteSubnet', { id: 's2' }));
  });

  it('refuse bad fields', async () => {
    await create({ id: 't1' });
    const hop = { destination: '10.0.0.0/8', nextHop: '10.1.0.1' };
    const cases: [TableFields, string][] = [
      [{ id: '/' }, 'route_table.id'],
      [{ vpcId: '' }, 'route_table.vpc_id'],
      [{ projectId: '/' }, 'route_table.project_id'],
      [{ name: 'n'.repeat(256) }, 'route_table.name'],
      [{ labels: { '': '' } }, 'route_table.labels'],
      [{ subnetIds: ['s1', '/'] }, 'route_table.subnet_ids[1]'],
      [{ subnetIds: ['s1', 's1'] }, 'route_table.subnet_ids[1]'],
      [{ routes: [{ ...hop, destination: '10.0.0.1/8' }] }, 'route_table.routes[0].destination'],
      [{ routes: [{ ...hop, nextHop: 'x' }] }, 'route_table.routes[0].next_hop'],
      [{ routes: [hop, { ...hop, nextHop: 'fd00::1', priority: 1 }] }, 'route_table.routes[1].next_hop'],
      [{ routes: [hop, { ...hop, nextHop: '10.1.0.2' }] }, 'route_table.routes[1].destination'],
    ];
    for (const [table, field] of cases) {
      await refused(plane, 'v1', () => create(table), { code: 'invalid_argument', field });
    }
    await refused(plane, 'v1', () => update({ id: 't1' }, 'vpc_id'), {
      code: 'invalid_argument',
      field: 'update_mask',
    });
    const missing = { code: 'not_found', resource: { type: 'subnet', id: 'no' } } as const;
    await refused(plane, 'v1', () => create({ subnetIds: ['s1', 'no'] }), missing);
    await refused(plane, 'v1', () => update({ id: 't1', subnetIds: ['no'] }, 'subnet_ids'), missing);
  });

  it('never name a subnet that is gone', async () => {
    for (let round = 0; round < 20; round++) {
      const id = `x${round}`;
      const subnet = { id, vpcId: 'v1', cidr: `11.${round}.0.0/16` };
      await createSubnet(plane.deps, request('CreateSubnet', { subnet }));
      const calls = [
        () => deleteSubnet(plane.deps, request('DeleteSubnet', { id })),
        () => create({ subnetIds: [id] }),
      ];
      const ordered = round % 2 === 0 ? calls : calls.toReversed();
      const outcomes = await Promise.allSettled(ordered.map((call) => call()));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    }
  });
});
