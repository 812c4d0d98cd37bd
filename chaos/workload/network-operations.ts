import { cells } from '../model/cells.ts';
import type { Value } from '../model/ledger.ts';
import { nextName, versionName } from './operation.ts';
import type { Operation } from './operation.ts';
import { thing } from './world.ts';
import type { Subnet, Thing, Vpc, World } from './world.ts';

const FIRST = versionName(1);

export function createVpc(world: World): Operation | undefined {
  if (world.isMakingVpc) return undefined;
  world.isMakingVpc = true;
  const vpc = world.newVpc();
  return {
    name: 'create-vpc',
    deletes: false,
    vpc,
    thing: vpc,
    changes: vpcCells(vpc, FIRST),
    call: (client, requestId, options) =>
      client.createVpc({ requestId, vpc: { id: vpc.id, name: FIRST } }, options),
    done: () => world.vpcs.add(vpc),
    ended: () => {
      world.isMakingVpc = false;
    },
  };
}

export function updateVpc(vpc: Vpc): Operation {
  const name = nextName(vpc);
  return {
    name: 'update-vpc',
    deletes: false,
    vpc,
    thing: vpc,
    changes: vpcCells(vpc, name),
    call: (client, requestId, options) =>
      client.updateVpc({ requestId, vpc: { id: vpc.id, name }, updateMask: { paths: ['name'] } }, options),
    done: () => undefined,
  };
}

/** With all that is in it; refused while there are ports. */
export function deleteVpc(world: World, vpc: Vpc): Operation {
  const gone = [
    ...[...vpc.subnets].map(({ id }) => cells.resource(vpc.id, 'subnet', id)),
    ...[...vpc.tables].map(({ id }) => cells.resource(vpc.id, 'route-table', id)),
    ...[...vpc.groups].map(({ id }) => cells.resource(vpc.id, 'security-group', id)),
    ...[...vpc.groups].flatMap(({ id, rules }) => [...rules].map((rule) => cells.rule(vpc.id, id, rule))),
  ];
  const changes = vpcCells(vpc, undefined);
  for (const cell of gone) changes.set(cell, undefined);
  return {
    name: 'delete-vpc',
    deletes: true,
    vpc,
    thing: vpc,
    changes,
    call: (client, requestId, options) => client.deleteVpc({ requestId, id: vpc.id }, options),
    done: () => world.vpcs.delete(vpc),
  };
}

export function createSubnet(world: World, vpc: Vpc): Operation {
  const subnet: Subnet = { ...thing(world.newId('subnet')), ports: 0 };
  const range = vpc.nextRange++;
  return {
    name: 'create-subnet',
    deletes: false,
    vpc,
    thing: subnet,
    changes: new Map([[cells.resource(vpc.id, 'subnet', subnet.id), FIRST]]),
    call: (client, requestId, options) =>
      client.createSubnet(
        {
          requestId,
          subnet: { id: subnet.id, vpcId: vpc.id, name: FIRST, cidr: `10.${range >> 8}.${range & 255}.0/24` },
        },
        options,
      ),
    done: () => vpc.subnets.add(subnet),
  };
}

export function updateSubnet(vpc: Vpc, subnet: Subnet): Operation {
  const name = nextName(subnet);
  return {
    name: 'update-subnet',
    deletes: false,
    vpc,
    thing: subnet,
    changes: new Map([[cells.resource(vpc.id, 'subnet', subnet.id), name]]),
    call: (client, requestId, options) =>
      client.updateSubnet(
        { requestId, subnet: { id: subnet.id, name }, updateMask: { paths: ['name'] } },
        options,
      ),
    done: () => undefined,
  };
}

export function deleteSubnet(vpc: Vpc, subnet: Subnet): Operation {
  return {
    name: 'delete-subnet',
    deletes: true,
    vpc,
    thing: subnet,
    changes: new Map([[cells.resource(vpc.id, 'subnet', subnet.id), undefined]]),
    call: (client, requestId, options) => client.deleteSubnet({ requestId, id: subnet.id }, options),
    done: () => vpc.subnets.delete(subnet),
  };
}

export function createRouteTable(world: World, vpc: Vpc): Operation {
  const table = thing(world.newId('table'));
  return {
    name: 'create-route-table',
    deletes: false,
    vpc,
    thing: table,
    changes: new Map([[cells.resource(vpc.id, 'route-table', table.id), FIRST]]),
    call: (client, requestId, options) =>
      client.createRouteTable(
        { requestId, routeTable: { id: table.id, vpcId: vpc.id, name: FIRST } },
        options,
      ),
    done: () => vpc.tables.add(table),
  };
}

export function updateRouteTable(vpc: Vpc, table: Thing): Operation {
  const name = nextName(table);
  return {
    name: 'update-route-table',
    deletes: false,
    vpc,
    thing: table,
    changes: new Map([[cells.resource(vpc.id, 'route-table', table.id), name]]),
    call: (client, requestId, options) =>
      client.updateRouteTable(
        {
          requestId,
          routeTable: {
            id: table.id,
            name,
            routes: [{ destination: `192.168.${table.version & 255}.0/24`, nextHop: '10.0.0.9' }],
          },
          updateMask: { paths: ['name', 'routes'] },
        },
        options,
      ),
    done: () => undefined,
  };
}

export function deleteRouteTable(vpc: Vpc, table: Thing): Operation {
  return {
    name: 'delete-route-table',
    deletes: true,
    vpc,
    thing: table,
    changes: new Map([[cells.resource(vpc.id, 'route-table', table.id), undefined]]),
    call: (client, requestId, options) => client.deleteRouteTable({ requestId, id: table.id }, options),
    done: () => vpc.tables.delete(table),
  };
}

function vpcCells(vpc: Vpc, name: Value): Map<string, Value> {
  return new Map([[cells.resource(vpc.id, 'vpc', vpc.id), name]]);
}
