import { expect } from 'chai';
import { differences } from '../../local/compare.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { PlatformError } from '../../core/errors.ts';
import { forEachOf } from '../../local/pool.ts';
import { realServices } from '../support/real-services.ts';
import { seeded } from '../support/random.ts';

/** `VPCAST_TEST_SEED` repeats a run. */
const seed = Number(process.env['VPCAST_TEST_SEED'] ?? Date.now() % 1_000_000);

describe(`200 agents, 20 VPCs and 2,000 ports in any order (seed ${seed})`, function () {
  this.timeout(240_000);
  const hosts = Array.from({ length: 200 }, (_, n) => `host-${n}`);
  let platform: Platform;

  before(async () => {
    platform = await startPlatform({ hosts, infraNodes: 2, backend: realServices() });
  });
  after(() => platform.stop());

  it('every agent ends with exactly the view compiled from the desired state', async () => {
    const { client } = platform;
    const random = seeded(seed);
    const vpcs: { id: string; group: string; other: string; hosts: string[] }[] = [];
    await forEachOf(20, 8, async (v) => {
      const vpc = await client.createVpc({ vpc: { name: `vpc-${v}` }, expectedHosts: v === 0 ? 2_500 : 0 });
      await client.createSubnet({ subnet: { vpcId: vpc.id, cidr: `10.${v}.0.0/16` } });
      const [group, other] = await Promise.all(
        ['web', 'db'].map((name) => client.createSecurityGroup({ securityGroup: { vpcId: vpc.id, name } })),
      );
      // Each VPC lives on a part of the cloud; the parts overlap.
      const near = Array.from({ length: 30 }, () => random.pick(hosts));
      vpcs[v] = { id: vpc.id, group: group?.id ?? '', other: other?.id ?? '', hosts: near };
    });

    // Each of the 2,000 ports lives its own life; the lives interleave freely.
    await forEachOf(2_000, 32, async () => {
      const vpc = random.pick(vpcs);
      const port = await client.createPort({ port: { vpcId: vpc.id, securityGroupIds: [vpc.group] } });
      const life = random.integer(1, 3);
      for (let step = 0; step < life; step++) {
        const hostId = random.pick(vpc.hosts);
        const action = random.integer(0, 9);
        try {
          if (action < 4) await client.bindPort({ portId: port.id, hostId });
          else if (action < 6) await client.migratePort({ portId: port.id, hostId });
          else if (action < 7) await client.unbindPort({ portId: port.id });
          else if (action < 8)
            await client.addSecurityGroupRules({ securityGroupId: vpc.other, rules: [rule(random)] });
          else {
            await client.updatePort({
              port: { id: port.id, securityGroupIds: [vpc.group, vpc.other] },
              updateMask: { paths: ['security_group_ids'] },
            });
          }
        } catch (error) {
          // Binding a port that is active elsewhere, or migrating an unbound one, is refused by design.
          if (!(error instanceof PlatformError) || error.code !== 'failed_precondition') throw error;
        }
      }
      if (random.integer(0, 9) < 2) await client.deletePort({ id: port.id });
    });

    await platform.settled(120_000);
    expect(await differences(platform.store, platform.agents)).to.deep.equal([]);
    const held = [...platform.agents.values()].reduce((sum, agent) => sum + agent.vpcs().length, 0);
    expect(held, 'the run means something').to.be.greaterThan(300);
  });
});

function rule(random: ReturnType<typeof seeded>) {
  const port = random.integer(1, 65_535);
  return {
    direction: 'DIRECTION_INGRESS' as const,
    protocol: 'tcp',
    portRangeMin: port,
    portRangeMax: port,
    remoteIpPrefix: `192.0.2.${random.integer(0, 255)}/32`,
  };
}
