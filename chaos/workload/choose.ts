import * as groups from './group-operations.ts';
import * as networks from './network-operations.ts';
import type { Operation } from './operation.ts';
import * as ports from './port-operations.ts';
import { isFree } from './world.ts';
import type { Vpc, World } from './world.ts';

/** Beside the balance of the world. */
const balance = { groupsPerVpc: 3, subnetsPerVpc: 2, tablesPerVpc: 2 };

type Choice = readonly [weight: number, choose: (world: World, vpc: Vpc) => Operation | undefined];

const choices: readonly Choice[] = [
  [44, makeOrDeletePort],
  [8, movePort],
  [4, unbindPort],
  [6, updatePort],
  [10, makeOrDeleteGroup],
  [8, changeGroup],
  [5, makeOrDeleteSubnet],
  [2, updateSubnet],
  [5, makeOrDeleteTable],
  [2, updateTable],
  [5, makeOrDeleteVpc],
  [1, updateVpc],
];
const total = choices.reduce((sum, [weight]) => sum + weight, 0);

/** The next write; undefined when what was drawn has nothing to work on at the moment. */
export function chooseOperation(world: World): Operation | undefined {
  const vpc = world.anyVpc();
  if (vpc === undefined) return networks.createVpc(world);
  let drawn = world.random() * total;
  for (const [weight, choose] of choices) {
    drawn -= weight;
    if (drawn < 0) return choose(world, vpc);
  }
  return undefined;
}

/** As likely as not at the balance, the less likely the fewer there are. */
function isForDeletion(world: World, { isClosing }: Vpc, count: number, balanced: number): boolean {
  return isClosing || world.random() < count / (2 * balanced);
}

function makeOrDeletePort(world: World, vpc: Vpc): Operation | undefined {
  if (!isForDeletion(world, vpc, world.ports(), world.balance.ports)) return ports.createPort(world, vpc);
  const port = world.any(vpc.ports, isFree);
  return port && ports.deletePort(vpc, port);
}

function movePort(world: World, vpc: Vpc): Operation | undefined {
  const port = world.any(vpc.ports, isFree);
  return port && ports.movePort(world, vpc, port);
}

function unbindPort(world: World, vpc: Vpc): Operation | undefined {
  const port = world.any(vpc.ports, ({ isBusy, host }) => !isBusy && host !== '');
  return port && ports.unbindPort(vpc, port);
}

function updatePort(world: World, vpc: Vpc): Operation | undefined {
  const port = world.any(vpc.ports, isFree);
  return port && ports.updatePort(vpc, port);
}

function makeOrDeleteGroup(world: World, vpc: Vpc): Operation | undefined {
  if (!isForDeletion(world, vpc, vpc.groups.size, balance.groupsPerVpc))
    return groups.createGroup(world, vpc);
  const group = world.any(vpc.groups, (each) => !each.isBusy && each.ports === 0);
  return group && groups.deleteGroup(vpc, group);
}

function changeGroup(world: World, vpc: Vpc): Operation | undefined {
  const group = world.any(vpc.groups, isFree);
  if (group === undefined) return undefined;
  const drawn = world.random();
  if (drawn < 0.25) return groups.updateGroup(vpc, group);
  if (drawn < 0.65) return groups.addRule(world, vpc, group);
  const rule = world.any(group.rules, () => true);
  return rule === undefined ? undefined : groups.removeRule(vpc, group, rule);
}

function makeOrDeleteSubnet(world: World, vpc: Vpc): Operation | undefined {
  if (!isForDeletion(world, vpc, vpc.subnets.size, balance.subnetsPerVpc)) {
    return networks.createSubnet(world, vpc);
  }
  const subnet = world.any(vpc.subnets, (each) => !each.isBusy && each.ports === 0);
  return subnet && networks.deleteSubnet(vpc, subnet);
}

function updateSubnet(world: World, vpc: Vpc): Operation | undefined {
  const subnet = world.any(vpc.subnets, isFree);
  return subnet && networks.updateSubnet(vpc, subnet);
}

function makeOrDeleteTable(world: World, vpc: Vpc): Operation | undefined {
  if (!isForDeletion(world, vpc, vpc.tables.size, balance.tablesPerVpc)) {
    return networks.createRouteTable(world, vpc);
  }
  const table = world.any(vpc.tables, isFree);
  return table && networks.deleteRouteTable(vpc, table);
}

function updateTable(world: World, vpc: Vpc): Operation | undefined {
  const table = world.any(vpc.tables, isFree);
  return table && networks.updateRouteTable(vpc, table);
}

/** A VPC is deleted in steps: it is closed, its ports go one by one, then it goes with the rest. */
function makeOrDeleteVpc(world: World, drawn: Vpc): Operation | undefined {
  const closing = world.any(world.vpcs, (vpc) => vpc.isClosing && !vpc.isBusy);
  if (closing === undefined) {
    // While the broker is away none can be made, and there must be something left to write to.
    const isFew = world.vpcs.size <= world.balance.vpcs / 2;
    if (isFew || !isForDeletion(world, drawn, world.vpcs.size, world.balance.vpcs))
      return networks.createVpc(world);
    drawn.isClosing = true;
    return undefined;
  }
  const port = world.any(closing.ports, isFree);
  if (port !== undefined) return ports.deletePort(closing, port);
  // What is still under way would be refused, or be deleted without the ledger's knowing.
  return closing.underWay === 0 && closing.ports.size === 0 ? networks.deleteVpc(world, closing) : undefined;
}

function updateVpc(_world: World, vpc: Vpc): Operation {
  return networks.updateVpc(vpc);
}
