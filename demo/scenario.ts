import type { ControlClient } from '../adapters/grpc/methods.ts';
import type { Platform } from '../local/platform.ts';
import type { DemoOptions } from './options.ts';
import type { Progress } from './progress.ts';
import { forEachOf } from '../local/pool.ts';

/** One row of the table at the end. */
export interface VpcRow {
  readonly vpc: string;
  readonly topic: string;
  readonly partitions: number;
  readonly hosts: number;
  readonly ports: number;
  readonly revision: number;
  /** Messages that infrastructure nodes sent for the VPC, and how many of them were copies of a multicast. */
  readonly messages: number;
  readonly copies: number;
  /** From calling AddSecurityGroupRules to the rule being durable on the first and on the last host, ms. */
  readonly firstHostMs: number;
  readonly lastHostMs: number;
}

interface DemoVpc {
  readonly id: string;
  readonly groupId: string;
  readonly portIds: string[];
  firstHostMs: number;
  lastHostMs: number;
}

const CALLS_AT_ONCE = 16;

/** The life of a cloud, through the public API alone. */
export async function play(platform: Platform, options: DemoOptions, progress: Progress): Promise<VpcRow[]> {
  const { client } = platform;
  const hosts = [...platform.agents.keys()];
  const vpcs = await progress.phase('VPCs, subnets, security groups', options.vpcs, (step) =>
    makeVpcs(client, options, step),
  );
  const hostOf = placements(options, hosts);

  await progress.phase('VMs appear on hosts', options.vms, async (step) => {
    await forEachOf(options.vms, CALLS_AT_ONCE, async (vm) => {
      const vpc = vpcOfVm(vpcs, vm);
      const port = await client.createPort({
        requestId: `demo-vm-${vm}`,
        port: { vpcId: vpc.id, name: `vm-${vm}`, deviceId: `vm-${vm}`, securityGroupIds: [vpc.groupId] },
      });
      await client.bindPort({ portId: port.id, hostId: hostOf(vm) });
      vpc.portIds.push(port.id);
      step();
    });
  });
  await progress.phase('applied on every host', vpcs.length, (step) => untilApplied(client, vpcs, step));
  await progress.phase('a security-group rule everywhere', vpcs.length, (step) =>
    spreadRules(platform, vpcs, step),
  );
  await progress.phase('VMs migrate', vpcs.length, async (step) => {
    await forEachOf(vpcs.length, CALLS_AT_ONCE, async (v) => {
      const [portId] = vpcs[v]?.portIds ?? [];
      if (portId !== undefined) await migrate(client, portId, hosts);
      step();
    });
  });
  await progress.phase('the last VMs of a VPC leave', 1, async (step) => {
    // The last VPC keeps its network but loses its VMs: every agent of it unsubscribes.
    const leaving = vpcs.length > 1 ? vpcs.at(-1) : undefined;
    await forEachOf(leaving?.portIds.length ?? 0, CALLS_AT_ONCE, async (p) => {
      await client.unbindPort({ portId: leaving?.portIds[p] ?? '' });
    });
    step();
  });
  await progress.phase('applied on every host', vpcs.length, (step) => untilApplied(client, vpcs, step));
  return Promise.all(vpcs.map((vpc) => rowOf(platform, vpc)));
}

async function makeVpcs(client: ControlClient, options: DemoOptions, step: () => void): Promise<DemoVpc[]> {
  const vpcs: DemoVpc[] = [];
  await forEachOf(options.vpcs, CALLS_AT_ONCE, async (v) => {
    // The first VPC spans all hosts and is expected to grow: it gets a partitioned topic.
    const expectedHosts = v === 0 ? Math.max(options.hosts, 3_000) : 0;
    const vpc = await client.createVpc({
      vpc: { name: `vpc-${v}`, projectId: 'demo', cidrs: ['10.0.0.0/8'] },
      expectedHosts,
    });
    await client.createSubnet({ subnet: { vpcId: vpc.id, name: 'default', cidr: '10.0.0.0/16' } });
    const group = await client.createSecurityGroup({
      securityGroup: {
        vpcId: vpc.id,
        name: 'default',
        rules: [{ direction: 'DIRECTION_EGRESS', etherType: 'ETHER_TYPE_IPV4' }],
      },
    });
    vpcs[v] = { id: vpc.id, groupId: group.id, portIds: [], firstHostMs: 0, lastHostMs: 0 };
    step();
  });
  return vpcs;
}

/** Half of the VMs are in the first, large VPC. */
function vpcOfVm(vpcs: readonly DemoVpc[], vm: number): DemoVpc {
  const index = vm % 2 === 0 || vpcs.length === 1 ? 0 : 1 + (Math.floor(vm / 2) % (vpcs.length - 1));
  const vpc = vpcs[index];
  if (vpc === undefined) throw new Error(`no VPC ${index}`);
  return vpc;
}

function placements(options: DemoOptions, hosts: readonly string[]): (vm: number) => string {
  // Coprime strides spread each VPC's VMs over many hosts without any randomness.
  return (vm) => hosts[(vm * 7 + Math.floor(vm / options.hosts)) % hosts.length] ?? '';
}

async function untilApplied(
  client: ControlClient,
  vpcs: readonly DemoVpc[],
  step: () => void,
): Promise<void> {
  await forEachOf(vpcs.length, CALLS_AT_ONCE, async (v) => {
    for await (const progress of client.watchRevision(
      { vpcId: vpcs[v]?.id ?? '' },
      { deadlineMs: 120_000 },
    )) {
      if (progress.done) break;
    }
    step();
  });
}

/** One VPC after the other, so that each one's time is its own. */
async function spreadRules(platform: Platform, vpcs: readonly DemoVpc[], step: () => void): Promise<void> {
  for (const vpc of vpcs) {
    const appliedAt: number[] = [];
    const stop = platform.onApplied((_host, scope, _revision, changed) => {
      if (scope !== `vpc/${vpc.id}`) return;
      if (changed.some((entry) => entry.key === `security-group/${vpc.groupId}`))
        appliedAt.push(performance.now());
    });
    const began = performance.now();
    await platform.client.addSecurityGroupRules({
      securityGroupId: vpc.groupId,
      rules: [
        {
          direction: 'DIRECTION_INGRESS',
          etherType: 'ETHER_TYPE_IPV4',
          protocol: 'tcp',
          portRangeMin: 443,
          portRangeMax: 443,
        },
      ],
    });
    await untilApplied(platform.client, [vpc], () => undefined);
    stop();
    vpc.firstHostMs = Math.round((appliedAt[0] ?? began) - began);
    vpc.lastHostMs = Math.round((appliedAt.at(-1) ?? began) - began);
    step();
  }
}

async function migrate(client: ControlClient, portId: string, hosts: readonly string[]): Promise<void> {
  const port = await client.getPort({ id: portId });
  const from = hosts.indexOf(port.bindings[0]?.hostId ?? '');
  await client.migratePort({ portId, hostId: hosts[(from + 1) % hosts.length] ?? '' });
}

async function rowOf(platform: Platform, vpc: DemoVpc): Promise<VpcRow> {
  const { name } = await platform.client.getVpc({ id: vpc.id });
  const status = await platform.client.getVpcStatus({ id: vpc.id });
  const { messages, copies } = platform.sentFor(`vpc/${vpc.id}`);
  return {
    vpc: name,
    topic: status.topic,
    partitions: status.partitions,
    hosts: status.hostCount,
    ports: status.portCount,
    revision: status.revision,
    messages,
    copies,
    firstHostMs: vpc.firstHostMs,
    lastHostMs: vpc.lastHostMs,
  };
}
