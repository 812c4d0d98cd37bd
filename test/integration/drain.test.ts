import { expect } from 'chai';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { PlatformError } from '../../core/errors.ts';
import { scopes } from '../../core/model/keys.ts';
import { DRAINING } from '../../core/placement/leaving.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { forEachOf } from '../../local/pool.ts';
import { eventually } from '../support/eventually.ts';
import { seeded } from '../support/random.ts';
import { realServices } from '../support/real-services.ts';

/** `VPCAST_TEST_LEAVES=10000` is the long form; `VPCAST_TEST_SEED` repeats a run. */
const leaves = Number(process.env['VPCAST_TEST_LEAVES'] ?? 200);
const seed = Number(process.env['VPCAST_TEST_SEED'] ?? Date.now() % 1_000_000);

describe(`slots that their hosts do not empty, on Pulsar and Redis (seed ${seed})`, function () {
  this.timeout(120_000 + leaves * 300);
  const hosts = Array.from({ length: 24 }, (_, n) => `host-${n}`);
  let platform: Platform;
  let cluster: PulsarCluster;

  before(async () => {
    const backend = realServices();
    platform = await startPlatform({
      hosts,
      infraNodes: 2,
      backend,
      agent: { heartbeatMs: 500, confirmGraceMs: 3_000 },
      infra: {
        leaseMs: 5_000,
        offlinePollMs: 200,
        drainIntervalMs: 300,
        drainAfterMs: 5_000,
        reconcileIntervalMs: 1_000,
        reconcilePerSecond: 200,
        lostTailAfterMs: 5_000,
      },
    });
    const { tenant, namespaces } = platform.topics;
    const { pulsarUrl: serviceUrl, pulsarAdminUrl: adminUrl } = backend;
    cluster = await openPulsarCluster({ name: 'test', serviceUrl, adminUrl, tenant, namespaces });
  });
  after(async () => {
    await cluster.close();
    await platform.stop();
  });

  const backlog = async (topic: string): Promise<number> => {
    const stats = await cluster.admin.topicStats(topic);
    return stats?.subscriptions[subscriptions.hosts]?.backlog ?? -1;
  };
  const draining = async (vpcId: string): Promise<number> => {
    const slots = await platform.store.list(scopes.vpc(vpcId), 'slot', '', 10_000);
    return slots.filter(({ body }) => body?.includes('"draining"') === true).length;
  };
  const sum = (name: 'slotsFreed' | 'messagesDrained' | 'digestMismatches'): number =>
    platform.infraNodes.reduce((total, { stats }) => total + stats[name], 0);
  const vpc = async (name: string): Promise<{ id: string; group: string }> => {
    const { id } = await platform.client.createVpc({ vpc: { name } });
    await platform.client.createSubnet({ subnet: { vpcId: id, cidr: '10.0.0.0/16' } });
    const group = await platform.client.createSecurityGroup({ securityGroup: { vpcId: id, name } });
    return { id, group: group.id };
  };
  /** Of what concerns the hosts with ports in the group. */
  const change = async (group: string, n: number): Promise<void> => {
    const range = { portRangeMin: n, portRangeMax: n };
    const rule = { direction: 'DIRECTION_INGRESS' as const, protocol: 'tcp', ...range };
    await platform.client.addSecurityGroupRules({ securityGroupId: group, rules: [rule] });
  };
  const isEmpty = async (vpcIds: readonly string[], timeoutMs = 60_000): Promise<void> => {
    await eventually(async () => {
      for (const id of vpcIds) {
        expect(await draining(id), `draining slots of ${id}`).to.equal(0);
        expect(await backlog(platform.topics.vpc(id)), `backlog of ${id}`).to.equal(0);
      }
      expect(await backlog(platform.topics.hosts), 'backlog of the host lanes').to.equal(0);
      expect(await platform.store.catalog(DRAINING, '', 10)).to.deep.equal([]);
    }, timeoutMs);
  };

  it('are freed when the host left while it was dead', async () => {
    const { id, group } = await vpc('left');
    const [dead = '', ...others] = hosts.slice(0, 3);
    const draft = { vpcId: id, securityGroupIds: [group] };
    const port = await platform.client.createPort({ port: draft, hostId: dead });
    for (const hostId of others) await platform.client.createPort({ port: draft, hostId });
    await platform.settled();
    await platform.stopAgent(dead);
    for (let n = 1; n <= 5; n++) await change(group, n);
    await platform.client.deletePort({ id: port.id });
    await isEmpty([id]);
    expect(sum('slotsFreed')).to.equal(1);
    await platform.startAgent(dead);
    await platform.settled();
    expect(platform.agents.get(dead)?.vpcs()).to.deep.equal([]);
  });

  it('are emptied while the host is offline, and it has everything soon after it is back', async () => {
    const [first, second] = [await vpc('first'), await vpc('second')];
    const [dead = '', ...others] = hosts.slice(3, 6);
    for (const hostId of [dead, ...others]) {
      const draft = { vpcId: first.id, securityGroupIds: [first.group] };
      await platform.client.createPort({ port: draft, hostId });
    }
    await platform.settled();
    await platform.stopAgent(dead);
    for (let n = 1; n <= 20; n++) await change(first.group, n);
    await platform.client.createPort({ port: { vpcId: second.id }, hostId: dead });
    await eventually(async () => {
      expect(await backlog(platform.topics.vpc(first.id))).to.be.greaterThan(0);
    });
    const before = sum('messagesDrained');
    await isEmpty([first.id, second.id]);
    expect(sum('messagesDrained')).to.be.greaterThan(before);
    await platform.startAgent(dead);
    await platform.settled();
    expect(platform.agents.get(dead)?.vpcs().sort()).to.deep.equal([first.id, second.id].sort());
  });

  it(`are all free or empty after ${leaves} joins and leaves with hosts that die`, async () => {
    const random = seeded(seed);
    const { client } = platform;
    const vpcs = await Promise.all(Array.from({ length: 6 }, (_, n) => vpc(`busy-${n}`)));
    const mortal = hosts.slice(6, 12);
    const free = vpcs.flatMap((each) => hosts.map((hostId) => ({ ...each, hostId })));
    let done = 0;
    const killed = new Set<string>();
    await forEachOf(leaves, 12, async () => {
      const [pair] = free.splice(random.integer(0, free.length - 1), 1);
      if (pair === undefined) throw new Error('more calls at a time than pairs');
      const draft = { vpcId: pair.id, securityGroupIds: [pair.group] };
      const port = await client.createPort({ port: draft, hostId: pair.hostId });
      if (random.integer(0, 3) === 0) await change(random.pick(vpcs).group, 1 + (done % 60_000));
      await client.deletePort({ id: port.id });
      free.push(pair);
      done++;
      // Hosts die and come back all the time; some are dead at the end.
      if (done % Math.ceil(leaves / 20) !== 0) return;
      const host = random.pick(mortal);
      if (killed.has(host)) {
        killed.delete(host);
        await platform.startAgent(host);
      } else {
        killed.add(host);
        await platform.stopAgent(host);
      }
    }).catch((error: unknown) => {
      throw PlatformError.from(error);
    });
    await isEmpty(
      vpcs.map(({ id }) => id),
      120_000,
    );
    for (const host of killed) await platform.startAgent(host);
    await platform.settled(60_000);
    expect(sum('digestMismatches')).to.equal(0);
  });
});
