import type { ControlClient } from '../../adapters/grpc/methods.ts';
import type { Member } from '../../core/model/resources.ts';
import type { BenchHost } from '../agents-messages.ts';
import { joinSparsely, makeVpcs, untilApplied } from '../network.ts';
import type { Vpc } from '../network.ts';

export interface PartialVpc {
  readonly vpc: Vpc;
  /** A security group that concerns the audience only. */
  readonly groupId: string;
  readonly topic: string;
  readonly partitions: number;
  readonly audience: readonly Member[];
}

const PAGE = 1_000;

/** All hosts take part in the VPC, and some of them have a port in a group of their own. Resolves when all hold all of it. */
export async function makePartialVpc(
  client: ControlClient,
  hosts: readonly BenchHost[],
  audience: number,
): Promise<PartialVpc> {
  const [vpc] = await makeVpcs(client, 1, () => undefined);
  const { id: vpcId } = vpc!;
  // What is measured are copies; a VPC of this size would be read along otherwise.
  const wish = { id: vpcId, multicastMode: 'MULTICAST_MODE_COPIES' } as const;
  await client.updateVpc({ vpc: wish, updateMask: { paths: ['multicast_mode'] } });
  await joinSparsely(client, vpc!, hosts);
  const { id: groupId } = await client.createSecurityGroup({ securityGroup: { vpcId, name: 'audience' } });
  const stride = Math.floor(hosts.length / audience);
  const chosen = Array.from({ length: audience }, (_, n) => hosts[n * stride]!.id);
  const requests = chosen.map((hostId) => ({
    port: { vpcId, name: hostId, deviceId: hostId, securityGroupIds: [groupId] },
    hostId,
  }));
  await client.createPorts({ requestId: `audience-${vpcId}`, requests });
  await untilApplied(client, [vpc!], () => undefined);
  return { vpc: vpc!, groupId, ...(await membersOf(client, vpcId, new Set(chosen))) };
}

async function membersOf(
  client: ControlClient,
  id: string,
  chosen: ReadonlySet<string>,
): Promise<Pick<PartialVpc, 'topic' | 'partitions' | 'audience'>> {
  const audience: Member[] = [];
  for (let pageToken = ''; ;) {
    const status = await client.getVpcStatus({ id, pageSize: PAGE, pageToken });
    for (const { hostId, partition, slot, epoch } of status.hosts) {
      if (chosen.has(hostId)) audience.push({ hostId, partition, slot, epoch });
    }
    pageToken = status.nextPageToken;
    if (pageToken === '') return { topic: status.topic, partitions: status.partitions, audience };
  }
}
