import { forEachOf } from '../../local/pool.ts';
import type { InstalledAgent } from './installed.ts';
import { HOST, OTHER_HOST } from './platform.ts';
import type { Platform } from './platform.ts';

/** In each VPC, on the installed agent's host and on the other. */
export const OWN_PORTS = 4;
export const NEIGHBORS = 200;

/** Makes so many VPCs with ports; resolves when all of it is applied. */
export async function fill(agent: InstalledAgent, platform: Platform, vpcs: number): Promise<void> {
  const held = await agent.metric('vpcs');
  await forEachOf(vpcs, 2, async (n) => {
    const vpcId = await platform.newVpc(`vpc-${n}`);
    const { id: group } = await platform.control.createSecurityGroup({ securityGroup: { vpcId } });
    const requests = Array.from({ length: OWN_PORTS + NEIGHBORS }, (_, p) => ({
      port: { vpcId, securityGroupIds: [group] },
      hostId: p < OWN_PORTS ? HOST : OTHER_HOST,
    }));
    await platform.control.createPorts({ requests });
    await platform.untilApplied(vpcId);
  });
  await agent.untilListening(held + vpcs);
}
