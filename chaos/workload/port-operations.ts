import { cells } from '../model/cells.ts';
import type { Value } from '../model/ledger.ts';
import { nextName, versionName } from './operation.ts';
import type { Operation } from './operation.ts';
import { isFree, thing } from './world.ts';
import type { Port, Vpc, World } from './world.ts';

export function createPort(world: World, vpc: Vpc): Operation | undefined {
  const subnet = world.any(vpc.subnets, isFree);
  if (subnet === undefined) return undefined;
  const group = world.random() < 0.6 ? world.any(vpc.groups, isFree) : undefined;
  const host = world.random() < 0.75 ? world.anyHost(vpc) : '';
  const port: Port = { ...thing(world.newId('port')), subnet, group, host };
  subnet.ports++;
  if (group !== undefined) group.ports++;
  return {
    name: 'create-port',
    deletes: false,
    vpc,
    thing: port,
    changes: portCells(vpc, port, versionName(1), host),
    call: (client, requestId, options) =>
      client.createPort(
        {
          requestId,
          hostId: host,
          port: {
            id: port.id,
            vpcId: vpc.id,
            name: versionName(1),
            fixedIps: [{ subnetId: subnet.id }],
            securityGroupIds: group === undefined ? [] : [group.id],
          },
        },
        options,
      ),
    done: () => vpc.ports.add(port),
    undone: () => {
      release(port);
    },
  };
}

export function updatePort(vpc: Vpc, port: Port): Operation {
  const name = nextName(port);
  return {
    name: 'update-port',
    deletes: false,
    vpc,
    thing: port,
    changes: new Map([[cells.resource(vpc.id, 'port', port.id), name]]),
    call: (client, requestId, options) =>
      client.updatePort({ requestId, port: { id: port.id, name }, updateMask: { paths: ['name'] } }, options),
    done: () => undefined,
  };
}

/** Binds what is nowhere, migrates what is somewhere. */
export function movePort(world: World, vpc: Vpc, port: Port): Operation {
  const hostId = world.anyHost(vpc, port.host);
  const isBound = port.host !== '';
  return {
    name: isBound ? 'migrate-port' : 'bind-port',
    deletes: false,
    vpc,
    thing: port,
    changes: new Map([[cells.binding(vpc.id, port.id), hostId]]),
    call: (client, requestId, options) => {
      const request = { requestId, portId: port.id, hostId };
      return isBound ? client.migratePort(request, options) : client.bindPort(request, options);
    },
    done: () => {
      port.host = hostId;
    },
  };
}

export function unbindPort(vpc: Vpc, port: Port): Operation {
  return {
    name: 'unbind-port',
    deletes: false,
    vpc,
    thing: port,
    changes: new Map([[cells.binding(vpc.id, port.id), '']]),
    call: (client, requestId, options) => client.unbindPort({ requestId, portId: port.id }, options),
    done: () => {
      port.host = '';
    },
  };
}

export function deletePort(vpc: Vpc, port: Port): Operation {
  return {
    name: 'delete-port',
    deletes: true,
    vpc,
    thing: port,
    changes: portCells(vpc, port, undefined, undefined),
    call: (client, requestId, options) => client.deletePort({ requestId, id: port.id }, options),
    done: () => {
      vpc.ports.delete(port);
      release(port);
    },
  };
}

function portCells(vpc: Vpc, { id }: Port, name: Value, host: Value): Map<string, Value> {
  return new Map([
    [cells.resource(vpc.id, 'port', id), name],
    [cells.binding(vpc.id, id), host],
  ]);
}

function release({ subnet, group }: Port): void {
  subnet.ports--;
  if (group !== undefined) group.ports--;
}
