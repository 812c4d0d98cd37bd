import { expect } from 'chai';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { realServices } from '../support/real-services.ts';

interface PartitionStats {
  subscriptions: Record<
    string,
    { consumers: { consumerName: string; keyHashRangeArrays?: [number, number][] }[] }
  >;
}

describe('topics and subscriptions, as the broker sees them', function () {
  this.timeout(60_000);
  let platform: Platform;

  before(async () => {
    platform = await startPlatform({ hosts: ['host-a', 'host-b'], infraNodes: 1, backend: realServices() });
  });
  after(() => platform.stop());

  async function admin(path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${realServices().pulsarAdminUrl}/admin/v2/${path}`);
    return { status: response.status, body: await response.json() };
  }

  const adminPath = (topic: string): string => topic.replace('://', '/');

  async function topicOf(vpcId: string): Promise<{ topic: string; partitions: number }> {
    return platform.client.getVpcStatus({ id: vpcId });
  }

  it('makes one topic per VPC, partitioned when many hosts are expected', async () => {
    const small = await platform.client.createVpc({ vpc: { name: 'small' } });
    const large = await platform.client.createVpc({ vpc: { name: 'large' }, expectedHosts: 3_000 });
    for (const [vpc, partitions] of [
      [small, 1],
      [large, 3],
    ] as const) {
      const { topic } = await topicOf(vpc.id);
      const metadata = await admin(`${adminPath(topic)}/partitions`);
      expect(metadata.status).to.equal(200);
      expect(metadata.body).to.include({ partitions });
    }
  });

  it("shows the host's consumer with its slot's hash range after BindPort, and none after the last UnbindPort", async () => {
    const { client } = platform;
    const vpc = await client.createVpc({ vpc: { name: 'rides' } });
    const ports = await Promise.all([0, 1].map(() => client.createPort({ port: { vpcId: vpc.id } })));
    for (const port of ports) await client.bindPort({ portId: port.id, hostId: 'host-a' });

    const status = await client.getVpcStatus({ id: vpc.id });
    expect(status.hosts).to.have.length(1);
    const [host] = status.hosts;
    const partition = `${adminPath(status.topic)}-partition-${host?.partition}`;
    const consumers = async () => {
      const { body } = await admin(`${partition}/stats`);
      return (body as PartitionStats).subscriptions['hosts']?.consumers ?? [];
    };
    await until(async () => (await consumers()).length === 1, 15_000);
    const [consumer] = await consumers();
    expect(consumer?.consumerName).to.include('host-a');
    expect(consumer?.keyHashRangeArrays).to.deep.equal([[host?.slot, host?.slot]]);

    await client.unbindPort({ portId: ports[0]?.id ?? '' });
    expect(await consumers(), 'a port is still there').to.have.length(1);
    await client.unbindPort({ portId: ports[1]?.id ?? '' });
    await until(async () => (await consumers()).length === 0, 15_000);
    expect(platform.agents.get('host-a')?.vpcs()).not.to.include(vpc.id);
  });

  it('adds partitions while the VPC is live, and hosts that were there stay where they are', async () => {
    const { client } = platform;
    const small = await startPlatform({
      hosts: Array.from({ length: 9 }, (_, n) => `grow-${n}`),
      infraNodes: 1,
      backend: realServices(),
      limits: { hostsPerPartition: 2, maxPartitions: 8 },
    });
    try {
      const vpc = await small.client.createVpc({ vpc: { name: 'grows' } });
      const bind = async (n: number): Promise<void> => {
        const port = await small.client.createPort({ port: { vpcId: vpc.id } });
        await small.client.bindPort({ portId: port.id, hostId: `grow-${n}` });
      };
      for (const n of [0, 1]) await bind(n);
      const before = await small.client.getVpcStatus({ id: vpc.id });
      expect(before.partitions).to.equal(1);
      for (let n = 2; n < 9; n++) await bind(n);
      const after = await small.client.getVpcStatus({ id: vpc.id });
      expect(after.partitions).to.be.greaterThan(1);
      for (const host of before.hosts) {
        const now = after.hosts.find((candidate) => candidate.hostId === host.hostId);
        expect([now?.partition, now?.slot]).to.deep.equal([host.partition, host.slot]);
      }
      await small.settled();
    } finally {
      await small.stop();
    }
    expect(
      (await client.listVpcs({})).vpcs.map((vpc) => vpc.name),
      'platforms are apart',
    ).not.to.include('grows');
  });
});
