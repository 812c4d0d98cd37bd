import type { ControlClient } from '../adapters/grpc/methods.ts';
import { forEachOf } from '../local/pool.ts';

export interface Vpc {
  readonly id: string;
  readonly groupId: string;
}

const CALLS_AT_ONCE = 16;
const APPLY_MS = 120_000;

export async function makeVpcs(
  client: ControlClient,
  count: number,
  step: () => void,
  subnet = '10.0.0.0/16',
): Promise<Vpc[]> {
  const vpcs: Vpc[] = [];
  await forEachOf(count, CALLS_AT_ONCE, async (n) => {
    const vpc = await client.createVpc({
      vpc: { name: `vpc-${n}`, projectId: 'bench', cidrs: ['10.0.0.0/8'] },
    });
    await client.createSubnet({ subnet: { vpcId: vpc.id, name: 'default', cidr: subnet } });
    const group = await client.createSecurityGroup({
      securityGroup: {
        vpcId: vpc.id,
        name: 'default',
        rules: [
          { direction: 'DIRECTION_EGRESS', etherType: 'ETHER_TYPE_IPV4' },
          {
            direction: 'DIRECTION_INGRESS',
            etherType: 'ETHER_TYPE_IPV4',
            protocol: 'tcp',
            portRangeMin: 22,
            portRangeMax: 22,
          },
        ],
      },
    });
    vpcs[n] = { id: vpc.id, groupId: group.id };
    step();
  });
  return vpcs;
}

/** One unbound port for each entry, in the VPC of that index; the answer has their ids in the same order. */
export async function makePorts(
  client: ControlClient,
  vpcs: readonly Vpc[],
  wanted: readonly { readonly vpc: number }[],
  step: () => void,
): Promise<string[]> {
  const ids: string[] = [];
  await forEachOf(wanted.length, CALLS_AT_ONCE, async (n) => {
    const { id: vpcId, groupId } = vpcs[wanted[n]!.vpc]!;
    const port = { vpcId, name: `vm-${n}`, deviceId: `vm-${n}`, securityGroupIds: [groupId] };
    ids[n] = (await client.createPort({ requestId: `port-${vpcId}-${n}`, port })).id;
    step();
  });
  return ids;
}

export async function bindPorts(
  client: ControlClient,
  bindings: readonly { readonly portId: string; readonly hostId: string }[],
  step: () => void,
): Promise<void> {
  await forEachOf(bindings.length, CALLS_AT_ONCE, async (n) => {
    await client.bindPort({ requestId: `first-${n}`, ...bindings[n]! });
    step();
  });
}

const PORTS_PER_CALL = 100;

/** One port on each host, so that all of them take part in the VPC from now on. */
export async function joinVpc(
  client: ControlClient,
  vpc: Vpc,
  hosts: readonly { readonly id: string }[],
  step: () => void,
): Promise<void> {
  for (let from = 0; from < hosts.length; from += PORTS_PER_CALL) {
    const some = hosts.slice(from, from + PORTS_PER_CALL);
    const requests = some.map(({ id: hostId }) => ({
      port: { vpcId: vpc.id, name: hostId, deviceId: hostId, securityGroupIds: [vpc.groupId] },
      hostId,
    }));
    await client.createPorts({ requestId: `join-${vpc.id}-${from}-${some[0]?.id ?? ''}`, requests });
    some.forEach(step);
  }
}

const HOSTS_PER_PORT = 20;

/**
 * All hosts take part in the VPC, with hardly anything in it: ports that are prepared on several hosts and active on
 * none, so that what a host is told when it joins does not grow with the number of hosts.
 */
export async function joinSparsely(
  client: ControlClient,
  vpc: Vpc,
  hosts: readonly { readonly id: string }[],
): Promise<void> {
  const count = Math.ceil(hosts.length / HOSTS_PER_PORT);
  const ports = await makePorts(
    client,
    [vpc],
    Array.from({ length: count }, () => ({ vpc: 0 })),
    () => undefined,
  );
  for (let from = 0; from < hosts.length; from += count) {
    const requests = hosts.slice(from, from + count).map(({ id: hostId }, n) => {
      return { portId: ports[n]!, hostId, state: 'BINDING_STATE_INACTIVE' } as const;
    });
    await client.bindPorts({ requestId: `join-${vpc.id}-${from}`, requests });
  }
}

/** Resolves when every host of every VPC reported what it shall hold. */
export async function untilApplied(
  client: ControlClient,
  vpcs: readonly Vpc[],
  step: () => void,
): Promise<void> {
  await forEachOf(vpcs.length, CALLS_AT_ONCE, async (n) => {
    for await (const { done } of client.watchRevision({ vpcId: vpcs[n]!.id }, { deadlineMs: APPLY_MS })) {
      if (done) break;
    }
    step();
  });
}
