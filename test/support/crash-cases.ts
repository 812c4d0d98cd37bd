/** Calls that change something, each with what it needs before it and what must be true once it has succeeded. */
import { expect } from 'chai';
import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { eventually } from './eventually.ts';

export interface CrashCase {
  readonly name: string;
  /** For an id of its own, which every other id begins with. */
  prepare(client: ControlClient, id: string): Promise<void>;
  /** With a request id, so that it can be repeated. */
  call(client: Pick<ControlClient, keyof ControlClient>, id: string): Promise<unknown>;
  /** Exactly once. */
  check(client: ControlClient, id: string): Promise<void>;
}

export const crashHosts = ['host-a', 'host-b', 'host-c'] as const;
const [hostA, hostB, hostC] = crashHosts;

async function network(client: ControlClient, id: string): Promise<void> {
  await client.createVpc({ vpc: { id } });
  await client.createSubnet({ subnet: { id: `${id}-s`, vpcId: id, cidr: '10.0.0.0/28' } });
  await client.createSecurityGroup({ securityGroup: { id: `${id}-g`, vpcId: id } });
}

async function withPort(client: ControlClient, id: string, hostId = ''): Promise<void> {
  await network(client, id);
  await client.createPort({ port: { id: `${id}-p`, vpcId: id, deviceId: `${id}-d` }, hostId });
}

async function portsOf(client: ControlClient, vpcId: string): Promise<Record<string, string[]>> {
  const { ports } = await client.listPorts({ vpcId });
  return Object.fromEntries(
    ports.map((port) => [port.id, port.bindings.map((binding) => binding.hostId).sort()]),
  );
}

export const crashCases: readonly CrashCase[] = [
  {
    name: 'CreateVpc',
    prepare: () => Promise.resolve(),
    call: (client, id) => client.createVpc({ requestId: id, vpc: { id, projectId: 'project' } }),
    check: async (client, id) => {
      expect((await client.getVpc({ id })).projectId).to.equal('project');
    },
  },
  {
    name: 'CreateSubnet',
    prepare: network,
    call: (client, id) =>
      client.createSubnet({ requestId: id, subnet: { id: `${id}-t`, vpcId: id, cidr: '10.0.1.0/28' } }),
    check: async (client, id) => {
      const { subnets } = await client.listSubnets({ vpcId: id });
      expect(subnets.map((subnet) => subnet.id)).to.have.members([`${id}-s`, `${id}-t`]);
    },
  },
  {
    name: 'UpdateSecurityGroup',
    prepare: (client, id) => withPort(client, id, hostA),
    call: (client, id) =>
      client.updateSecurityGroup({
        requestId: id,
        securityGroup: { id: `${id}-g`, name: 'renamed' },
        updateMask: { paths: ['name'] },
      }),
    check: async (client, id) => {
      expect((await client.getSecurityGroup({ id: `${id}-g` })).name).to.equal('renamed');
    },
  },
  {
    name: 'CreatePort',
    prepare: network,
    call: (client, id) =>
      client.createPort({
        ...{ requestId: id, hostId: hostA },
        port: { vpcId: id, deviceId: `${id}-d`, securityGroupIds: [`${id}-g`] },
      }),
    check: async (client, id) => {
      expect(Object.values(await portsOf(client, id))).to.deep.equal([[hostA]]);
      expect((await client.listPorts({ deviceId: `${id}-d` })).ports).to.have.length(1);
    },
  },
  {
    name: 'CreatePorts on more hosts than a partition is made for',
    prepare: network,
    call: (client, id) =>
      client.createPorts({
        requestId: id,
        requests: crashHosts.map((hostId) => ({ hostId, port: { id: `${id}-${hostId}`, vpcId: id } })),
      }),
    check: async (client, id) => {
      expect(await portsOf(client, id)).to.deep.equal(
        Object.fromEntries(crashHosts.map((hostId) => [`${id}-${hostId}`, [hostId]])),
      );
    },
  },
  {
    name: 'BindPort',
    prepare: (client, id) => withPort(client, id),
    call: (client, id) => client.bindPort({ requestId: id, portId: `${id}-p`, hostId: hostB }),
    check: async (client, id) => {
      expect(await portsOf(client, id)).to.deep.equal({ [`${id}-p`]: [hostB] });
    },
  },
  {
    name: 'UnbindPort',
    prepare: (client, id) => withPort(client, id, hostA),
    call: (client, id) => client.unbindPort({ requestId: id, portId: `${id}-p` }),
    check: async (client, id) => {
      expect(await portsOf(client, id)).to.deep.equal({ [`${id}-p`]: [] });
    },
  },
  {
    name: 'MigratePort',
    prepare: (client, id) => withPort(client, id, hostA),
    call: (client, id) => client.migratePort({ requestId: id, portId: `${id}-p`, hostId: hostC }),
    check: async (client, id) => {
      expect(await portsOf(client, id)).to.deep.equal({ [`${id}-p`]: [hostC] });
      expect((await client.listPorts({ hostId: hostC, vpcId: id })).ports).to.have.length(1);
    },
  },
  {
    name: 'UpdatePort',
    prepare: (client, id) => withPort(client, id, hostA),
    call: (client, id) =>
      client.updatePort({
        requestId: id,
        port: { id: `${id}-p`, deviceId: `${id}-e`, fixedIps: [{ ipAddress: '10.0.0.9' }] },
        updateMask: { paths: ['device_id', 'fixed_ips'] },
      }),
    check: async (client, id) => {
      const { ports } = await client.listPorts({ deviceId: `${id}-e` });
      expect(ports.map(({ fixedIps }) => fixedIps.map((ip) => ip.ipAddress))).to.deep.equal([['10.0.0.9']]);
      expect((await client.listPorts({ deviceId: `${id}-d` })).ports).to.have.length(0);
    },
  },
  {
    name: 'DeletePort',
    prepare: (client, id) => withPort(client, id, hostA),
    call: (client, id) => client.deletePort({ requestId: id, id: `${id}-p` }),
    check: async (client, id) => {
      expect(await portsOf(client, id)).to.deep.equal({});
    },
  },
  {
    name: 'MoveVpc',
    prepare: (client, id) => withPort(client, id, hostA),
    call: (client, id) => client.moveVpc({ requestId: id, id, cluster: 'main', newTopic: true }),
    check: (client, id) =>
      eventually(async () => {
        const { topic, formerTopic, hostCount } = await client.getVpcStatus({ id });
        expect({ topic: topic.split('/').at(-1), formerTopic, hostCount }).to.deep.equal({
          ...{ topic: `vpc1-${id}`, formerTopic: '', hostCount: 1 },
        });
      }),
  },
  {
    name: 'DeleteVpc',
    prepare: async (client, id) => {
      await withPort(client, id, hostA);
      await client.deletePort({ id: `${id}-p` });
    },
    call: (client, id) => client.deleteVpc({ requestId: id, id }),
    check: async (client, id) => {
      expect((await client.listVpcs({ pageSize: 1_000 })).vpcs.map((vpc) => vpc.id)).not.to.include(id);
    },
  },
  {
    name: 'RegisterHost',
    prepare: () => Promise.resolve(),
    call: (client, id) => client.registerHost({ host: { id, vtepIp: addressOf(id) } }),
    check: async (client, id) => {
      expect((await client.getHost({ id })).vtepIp).to.equal(addressOf(id));
    },
  },
  {
    name: 'CreatePublicResource',
    prepare: () => Promise.resolve(),
    call: (client, id) =>
      client.createPublicResource({ requestId: id, resource: { id, kind: 'elb', data: Buffer.from('{}') } }),
    check: async (client, id) => {
      expect((await client.getPublicResource({ id })).kind).to.equal('elb');
    },
  },
];

/** A tunnel endpoint of its own for each id that ends with a number. */
function addressOf(id: string): string {
  const n = Number(/\d+$/.exec(id)?.[0] ?? 0);
  return `203.0.${n >> 8}.${n & 255}`;
}
