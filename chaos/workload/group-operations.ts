import { RULE, cells } from '../model/cells.ts';
import type { Value } from '../model/ledger.ts';
import { nextName, versionName } from './operation.ts';
import type { Operation } from './operation.ts';
import { thing } from './world.ts';
import type { Group, Vpc, World } from './world.ts';

export function createGroup(world: World, vpc: Vpc): Operation {
  const group: Group = { ...thing(world.newId('group')), ports: 0, rules: new Set() };
  const name = versionName(1);
  return {
    name: 'create-group',
    deletes: false,
    vpc,
    thing: group,
    changes: groupCells(vpc, group, name),
    call: (client, requestId, options) =>
      client.createSecurityGroup(
        { requestId, securityGroup: { id: group.id, vpcId: vpc.id, name } },
        options,
      ),
    done: () => vpc.groups.add(group),
  };
}

export function updateGroup(vpc: Vpc, group: Group): Operation {
  const name = nextName(group);
  return {
    name: 'update-group',
    deletes: false,
    vpc,
    thing: group,
    changes: groupCells(vpc, group, name),
    call: (client, requestId, options) =>
      client.updateSecurityGroup(
        { requestId, securityGroup: { id: group.id, name }, updateMask: { paths: ['name'] } },
        options,
      ),
    done: () => undefined,
  };
}

export function addRule(world: World, vpc: Vpc, group: Group): Operation {
  const rule = world.newId('rule');
  const port = 1 + Math.floor(world.random() * 65_000);
  return {
    name: 'add-rule',
    deletes: false,
    vpc,
    thing: group,
    changes: new Map([[cells.rule(vpc.id, group.id, rule), RULE]]),
    call: (client, requestId, options) =>
      client.addSecurityGroupRules(
        {
          requestId,
          securityGroupId: group.id,
          rules: [
            {
              id: rule,
              direction: 'DIRECTION_INGRESS',
              protocol: 'tcp',
              portRangeMin: port,
              portRangeMax: port,
            },
          ],
        },
        options,
      ),
    done: () => group.rules.add(rule),
  };
}

export function removeRule(vpc: Vpc, group: Group, rule: string): Operation {
  return {
    name: 'remove-rule',
    deletes: false,
    vpc,
    thing: group,
    changes: new Map([[cells.rule(vpc.id, group.id, rule), undefined]]),
    call: (client, requestId, options) =>
      client.removeSecurityGroupRules({ requestId, securityGroupId: group.id, ruleIds: [rule] }, options),
    done: () => group.rules.delete(rule),
  };
}

export function deleteGroup(vpc: Vpc, group: Group): Operation {
  const changes = groupCells(vpc, group, undefined);
  for (const rule of group.rules) changes.set(cells.rule(vpc.id, group.id, rule), undefined);
  return {
    name: 'delete-group',
    deletes: true,
    vpc,
    thing: group,
    changes,
    call: (client, requestId, options) => client.deleteSecurityGroup({ requestId, id: group.id }, options),
    done: () => vpc.groups.delete(group),
  };
}

function groupCells(vpc: Vpc, { id }: Group, name: Value): Map<string, Value> {
  return new Map([[cells.resource(vpc.id, 'security-group', id), name]]);
}
