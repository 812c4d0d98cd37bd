import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { forEachOf } from '../../local/pool.ts';
import { startPulsar } from '../../scripts/services/pulsar.ts';
import type { PulsarService } from '../../scripts/services/pulsar.ts';
import { inconsistencies } from '../support/consistency.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';

const hosts = Array.from({ length: 8 }, (_, n) => `host-${n}`);

describe('two Pulsar clusters', function () {
  this.timeout(240_000);
  let dir: string;
  let second: PulsarService;
  let platform: Platform;

  before(async () => {
    const services = realServices();
    dir = await mkdtemp(join(tmpdir(), 'vpcast-second-'));
    second = await startPulsar({
      dir,
      memory: '-Xms256m -Xmx512m -XX:MaxDirectMemorySize=512m',
      report: () => undefined,
    });
    const other = { pulsarUrl: second.url, pulsarAdminUrl: second.adminUrl };
    platform = await startPlatform({
      ...{ hosts, infraNodes: 2, limits: { hostsPerPartition: 4, maxPartitions: 8 } },
      backend: { ...services, furtherPulsars: { other } },
    });
  });
  after(async () => {
    await platform.stop();
    await second.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const status = (id: string) => platform.client.getVpcStatus({ id, pageSize: 100 });
  const topicOn = async (cluster: string, topic: string) =>
    (await platform.openCluster(cluster)).admin.topicStats(topic);

  async function make(id: string, cluster: string, hostIds: readonly string[]): Promise<void> {
    const { client } = platform;
    await client.createVpc({ vpc: { id }, cluster });
    await client.createSubnet({ subnet: { id: `${id}-s`, vpcId: id, cidr: '10.0.0.0/16' } });
    await client.createSecurityGroup({ securityGroup: { id: `${id}-g`, vpcId: id } });
    await forEachOf(hostIds.length, 8, async (n) => {
      const hostId = hostIds[n] ?? '';
      await client.createPort({ port: { id: `${id}-${hostId}`, vpcId: id }, hostId });
    });
  }

  it('have the hosts and VPCs that the registry places there, and a host VPCs of both', async () => {
    await make('one', 'main', hosts.slice(0, 4));
    await make('two', 'other', hosts.slice(2, 6));
    await platform.settled(60_000);
    // The others registered at the same moment, and may all have drawn the same cluster.
    await platform.client.registerHost({ host: { id: 'late', vtepIp: '198.18.0.99' } });
    const { hosts: registered } = await platform.client.listHosts({ pageSize: 100 });
    const homes = new Set(registered.map(({ lane }) => lane?.cluster));
    expect([...homes]).to.have.members(['main', 'other']);
    for (const [id, cluster, elsewhere] of [
      ['one', 'main', 'other'],
      ['two', 'other', 'main'],
    ] as const) {
      const { topic, cluster: placed } = await status(id);
      expect(placed).to.equal(cluster);
      const consumers = (await topicOn(cluster, topic))?.subscriptions['hosts']?.consumers ?? [];
      expect(consumers.map(({ consumerName }) => consumerName)).to.include.members(['host-2', 'host-3']);
      expect(await topicOn(elsewhere, topic)).to.equal(undefined);
    }
    expect(platform.agents.get('host-2')?.vpcs()).to.have.members(['one', 'two']);
  });

  it('let a VPC move from one to the other under load, and nothing of it is left behind or lost', async () => {
    const { client } = platform;
    const before = await status('one');
    const members = hosts.slice(0, 4);
    const lost: string[] = [];
    const looking = setInterval(() => {
      for (const host of members) {
        if (platform.agents.get(host)?.view('one')?.has(`port/one-${host}`) !== true) lost.push(host);
      }
    }, 5);
    const load = forEachOf(40, 4, async (n) => {
      const id = `load-${n}`;
      await client.createPort({ port: { id, vpcId: 'one' }, hostId: hosts[n % hosts.length] ?? '' });
      if (n % 3 > 0) await client.deletePort({ id });
    });
    await client.moveVpc({ id: 'one', cluster: 'other' }, { deadlineMs: 120_000 });
    await load;
    await platform.settled(60_000);
    clearInterval(looking);
    expect(lost).to.deep.equal([]);
    await eventually(async () => {
      expect(await status('one')).to.include({ cluster: 'other', formerCluster: '', formerTopic: '' });
    }, 60_000);
    const after = await status('one');
    expect(await topicOn('main', before.topic)).to.equal(undefined);
    const subscription = async () => (await topicOn('other', after.topic))?.subscriptions['hosts'];
    expect((await subscription())?.consumers).to.have.length(after.hostCount);
    // Acknowledgements come after the reports.
    await eventually(async () => {
      expect((await subscription())?.backlog).to.equal(0);
    });
    const listening = [...platform.agents.values()].flatMap((agent) => agent.listening());
    const moved = listening.filter((id) => id.startsWith('one/'));
    expect(moved, 'one slot for each host').to.have.length(after.hostCount);
    expect(await inconsistencies(platform.store)).to.deep.equal([]);
  });
});
