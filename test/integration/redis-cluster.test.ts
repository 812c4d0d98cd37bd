import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { forEachOf } from '../../local/pool.ts';
import { startRedisCluster } from '../../scripts/services/redis-cluster.ts';
import type { RedisCluster } from '../../scripts/services/redis-cluster.ts';
import { realServices } from '../support/real-services.ts';
import { dumpRedis } from '../support/redis-dump.ts';
import { RedisSession } from '../support/redis-session.ts';

const HOSTS = Array.from({ length: 6 }, (_, n) => `host-${n}`);
const VPCS = 8;
const PORTS = 6;

describe('the platform on a Redis Cluster', function () {
  this.timeout(90_000);
  const cleanup: (() => Promise<unknown>)[] = [];
  let cluster: RedisCluster;
  let platform: Platform;

  before(async () => {
    const dir = await mkdtemp(join(tmpdir(), 'vpcast-cluster-'));
    cleanup.push(() => rm(dir, { recursive: true }));
    cluster = await startRedisCluster({ dir, report: () => undefined });
    cleanup.push(() => cluster.stop());
    platform = await startPlatform({
      hosts: HOSTS,
      infraNodes: 2,
      backend: { ...realServices(), redisCluster: cluster.urls },
    });
    cleanup.push(() => platform.stop());
  });
  after(async () => {
    for (const undo of cleanup.reverse()) await undo();
  });

  const host = (n: number): string => HOSTS[n % HOSTS.length] ?? '';

  async function untilApplied(vpcId: string): Promise<void> {
    for await (const { done } of platform.client.watchRevision({ vpcId }, { deadlineMs: 30_000 })) {
      if (done) return;
    }
    throw new Error(`the watch of ${vpcId} ended early`);
  }

  /** One VPC's life: its ports come, move and go. */
  async function live(v: number): Promise<void> {
    const { client } = platform;
    const { id: vpcId } = await client.createVpc({ vpc: { id: `vpc-${v}`, cidrs: ['10.0.0.0/8'] } });
    await client.createSubnet({ subnet: { id: `subnet-${v}`, vpcId, cidr: '10.1.0.0/16' } });
    const group = await client.createSecurityGroup({ securityGroup: { vpcId } });
    const requests = Array.from({ length: PORTS }, (_, p) => ({
      port: { id: `port-${v}-${p}`, vpcId, securityGroupIds: [group.id] },
      hostId: host(v + p),
    }));
    await client.createPorts({ requestId: `ports-${v}`, requests });
    await untilApplied(vpcId);
    await client.migratePort({ portId: `port-${v}-0`, hostId: host(v + PORTS + 1) });
    await client.addSecurityGroupRules({
      securityGroupId: group.id,
      rules: [{ direction: 'DIRECTION_INGRESS' }],
    });
    await client.unbindPort({ portId: `port-${v}-1` });
    await client.deletePort({ id: `port-${v}-2` });
    await untilApplied(vpcId);
  }

  it('brings every host to what it should hold', async () => {
    await forEachOf(VPCS, 4, live);
    await platform.settled();
    const { vpcs } = await platform.client.listVpcs({});
    expect(vpcs.map(({ id }) => id)).to.have.members(Array.from({ length: VPCS }, (_, v) => `vpc-${v}`));
    for (const { id: vpcId } of vpcs) {
      const { ports } = await platform.client.listPorts({ vpcId });
      const states = ports.map((port) => [port.bindings.length, port.status].join(' ')).sort();
      expect(states, vpcId).to.deep.equal([
        '0 APPLY_STATUS_DOWN',
        ...Array.from({ length: PORTS - 2 }, () => '1 APPLY_STATUS_ACTIVE'),
      ]);
    }
  });

  it('gives a request id its first answer again, and lets one of two overlapping subnets win', async () => {
    const { client } = platform;
    const request = { requestId: 'once', port: { vpcId: 'vpc-0', name: 'once' } };
    const [first, second] = [await client.createPort(request), await client.createPort(request)];
    expect(second).to.deep.equal(first);
    const cidr = '10.2.0.0/16';
    const race = await Promise.allSettled(
      Array.from({ length: 10 }, () => client.createSubnet({ subnet: { vpcId: 'vpc-0', cidr } })),
    );
    expect(race.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
  });

  it('leaves nothing on a host when its VPC is deleted', async () => {
    const { client } = platform;
    const { ports } = await client.listPorts({ vpcId: 'vpc-1' });
    await client.deletePorts({ ids: ports.map(({ id }) => id) });
    await client.deleteVpc({ id: 'vpc-1' });
    await platform.settled();
    for (const agent of platform.agents.values()) expect(agent.vpcs()).not.to.include('vpc-1');
  });

  it('spreads its keys over all nodes', async () => {
    for (const url of cluster.urls) {
      const session = await RedisSession.open(url);
      try {
        const dump = await dumpRedis(session, `${platform.topics.tenant}:`);
        expect(dump.size, url).to.be.greaterThan(20);
      } finally {
        session.close();
      }
    }
  });
});
