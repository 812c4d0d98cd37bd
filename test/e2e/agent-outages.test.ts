import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openControlClient } from '../../adapters/grpc/client.ts';
import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { subscriptions, topicNames } from '../../core/placement/topics.ts';
import { differences } from '../../local/compare.ts';
import type { HeldState } from '../../local/compare.ts';
import { startPulsar } from '../../scripts/services/pulsar.ts';
import type { PulsarService } from '../../scripts/services/pulsar.ts';
import { startRedis } from '../../scripts/services/redis.ts';
import type { RedisService } from '../../scripts/services/redis.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import type { Deployment, Program } from '../../scripts/stack/deployment.ts';
import { eventually } from '../support/eventually.ts';
import { heldOnDisk } from '../support/held-on-disk.ts';

const HOSTS = ['host-a', 'host-b'] as const;
type Host = (typeof HOSTS)[number];
const SETTLE_MS = 60_000;

/** With a broker of its own: it goes away for a while, and misses a hung host within seconds. */
describe('agents while others are away, or while they are away themselves', function () {
  this.timeout(180_000);
  const name = `e2e-${randomUUID().slice(0, 8)}`;
  let dir: string;
  let pulsar: PulsarService | undefined;
  let redis: RedisService | undefined;
  let deployment: Deployment | undefined;
  let client: ControlClient;
  let vpcId: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vpcast-e2e-'));
    redis = await startRedis({ dir: join(dir, 'redis'), appendfsync: 'always' });
    pulsar = await startPulsar({ dir: join(dir, 'pulsar'), settings: { keepAliveIntervalSeconds: '2' } });
    const services = { pulsarUrl: pulsar.url, pulsarAdminUrl: pulsar.adminUrl, redisUrl: redis.url };
    deployment = await startDeployment({
      ...{ dir, services, hosts: HOSTS, infraNodes: 1, name },
      env: { VPCAST_SWEEP_INTERVAL: '500ms', VPCAST_SWEEP_AFTER: '500ms' },
    });
    await connect();
    ({ id: vpcId } = await client.createVpc({ vpc: { name: 'outages' } }));
    await client.createSubnet({ subnet: { vpcId, cidr: '10.1.0.0/16' } });
  });
  after(async () => {
    client.close();
    await deployment?.stop();
    await pulsar?.stop();
    await redis?.stop();
    await rm(dir, { recursive: true });
  });

  const programs = (): Deployment => deployment!;
  const agentOn = (host: Host): Program => programs().agents.get(host)!;
  const write = (host: Host) => client.createPort({ port: { vpcId }, hostId: host });

  async function connect(): Promise<void> {
    const { grpc = '' } = await programs().server.endpoints();
    client = openControlClient({ addresses: grpc, retry: { attempts: 1 } });
  }

  async function untilActive(count: number): Promise<void> {
    await eventually(async () => {
      const { ports } = await client.listPorts({ vpcId, pageSize: 1_000 });
      expect(ports.map(({ status }) => status)).to.deep.equal(
        Array.from({ length: count }, () => 'APPLY_STATUS_ACTIVE'),
      );
    }, SETTLE_MS);
  }

  async function untilSent(): Promise<void> {
    await eventually(async () => {
      const { revision, dispatchedRevision } = await client.getVpcStatus({ id: vpcId });
      expect(dispatchedRevision).to.equal(revision);
    }, SETTLE_MS);
  }

  async function get(host: Host, path: string): Promise<{ status: number; text: string }> {
    const { health = '' } = await agentOn(host).endpoints();
    const response = await fetch(`http://${health}${path}`);
    return { status: response.status, text: await response.text() };
  }

  async function metric(host: Host, suffix: string): Promise<number> {
    const { text } = await get(host, '/metrics');
    const [, value] = new RegExp(`^vpcast_agent_${suffix} (\\d+)$`, 'm').exec(text) ?? [];
    if (value === undefined) throw new Error(`no metric ${suffix} in ${text}`);
    return Number(value);
  }

  const logOf = (host: Host) => readFile(join(dir, `agent-${host}.log`), 'utf8');

  /** What the disk of a host says; its agent may be running. */
  async function heldBy(host: Host): Promise<HeldState> {
    const copy = await mkdtemp(join(dir, 'copy-'));
    await cp(join(dir, 'agents', host), copy, { recursive: true });
    return heldOnDisk(copy);
  }

  async function expectNoDifference(): Promise<void> {
    const store = openRedisStore({ url: redis!.url, cluster: false, keyPrefix: `${name}:` });
    try {
      await eventually(async () => {
        const held = new Map<string, HeldState>();
        for (const host of HOSTS) held.set(host, await heldBy(host));
        expect(await differences(store, held)).to.deep.equal([]);
      }, SETTLE_MS);
    } finally {
      await store.close();
    }
  }

  it('show their last state while all else is down, and take up what happened when it is back', async () => {
    const group = await client.createSecurityGroup({ securityGroup: { vpcId } });
    const ports = [];
    for (let n = 0; n < 6; n++) ports.push(await write(HOSTS[n % HOSTS.length]!));
    await untilActive(6);
    await Promise.all(HOSTS.map((host) => agentOn(host).process.kill('SIGKILL')));
    const before = new Map<Host, ReturnType<HeldState['view']>>();
    for (const host of HOSTS) before.set(host, (await heldBy(host)).view(vpcId));
    await client.deletePort({ id: ports[0]?.id ?? '' });
    await client.addSecurityGroupRules({
      securityGroupId: group.id,
      rules: [{ direction: 'DIRECTION_INGRESS' }],
    });
    await write('host-b');
    await untilSent();

    client.close();
    const { server, infraNodes } = programs();
    await Promise.all([server, ...infraNodes].map(({ process }) => process.kill('SIGKILL')));
    await Promise.all([pulsar!.stop(), redis!.stop()]);
    await Promise.all(HOSTS.map((host) => agentOn(host).process.start()));
    for (const host of HOSTS) {
      // It has found out that it is alone.
      await eventually(async () => {
        expect(await logOf(host)).to.contain('not registered yet');
      }, SETTLE_MS);
      expect((await get(host, '/healthz')).status).to.equal(200);
      expect((await get(host, '/readyz')).status).to.equal(503);
      expect(await metric(host, 'entries')).to.equal(before.get(host)?.size);
      expect((await heldBy(host)).view(vpcId)).to.deep.equal(before.get(host));
      expect(await metric(host, 'failures')).to.equal(0);
    }

    await Promise.all([pulsar!.start(), redis!.start()]);
    await server.process.start();
    await Promise.all(infraNodes.map(({ process }) => process.start()));
    await connect();
    await untilActive(6);
    await write('host-a');
    await untilActive(7);
    await expectNoDifference();
  });

  it('come back after they hung, although somebody else emptied their slot meanwhile', async () => {
    const { ports } = await client.listPorts({ vpcId, pageSize: 1_000 });
    const { hosts } = await client.getVpcStatus({ id: vpcId });
    const { partition = 0, slot = 0 } = hosts.find(({ hostId }) => hostId === 'host-b') ?? {};
    const cluster = await openPulsarCluster({
      ...{ name: 'main', serviceUrl: pulsar!.url, adminUrl: pulsar!.adminUrl, tenant: name },
    });
    const address = { topic: topicNames(name).vpc(vpcId), partition, slot };
    const emptied: string[] = [];
    const linesBefore = (await logOf('host-b')).length;
    const agent = agentOn('host-b');
    await agent.process.kill('SIGSTOP');
    try {
      await write('host-b');
      // As soon as the broker misses the host.
      const other = await subscribe();
      await eventually(() => {
        expect(emptied).to.include('changes');
      }, SETTLE_MS);
      await agent.process.kill('SIGCONT');
      await eventually(async () => {
        expect((await logOf('host-b')).slice(linesBefore)).to.contain('has lost its connection');
      }, SETTLE_MS);
      await other.close();
      await write('host-a');
      await untilActive(ports.length + 2);
      await expectNoDifference();
    } finally {
      await agent.process.kill('SIGCONT');
      await cluster.close();
    }

    async function subscribe() {
      let subscription: Awaited<ReturnType<typeof cluster.bus.subscribeSlot>> | undefined;
      await eventually(async () => {
        subscription = await cluster.bus.subscribeSlot({
          ...{ address, subscription: subscriptions.hosts, consumerName: 'other' },
          handler: async (message) => {
            emptied.push(message.properties['kind'] ?? '');
            await message.ack();
          },
        });
      }, SETTLE_MS);
      return subscription!;
    }
  });
});
