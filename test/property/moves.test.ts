import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { PlatformError } from '../../core/errors.ts';
import { scopes } from '../../core/model/keys.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { forEachOf } from '../../local/pool.ts';
import { inconsistencies } from '../support/consistency.ts';
import { eventually } from '../support/eventually.ts';
import { seeded } from '../support/random.ts';

/** `VPCAST_TEST_SEED` repeats a run. */
const seed = Number(process.env['VPCAST_TEST_SEED'] ?? Date.now() % 1_000_000);
const names = ['main', 'other'] as const;
const hosts = Array.from({ length: 12 }, (_, n) => `host-${n}`);
const residents = hosts.slice(0, 4);
/** Their agents crash, and some are away for so long that they count as offline. */
const restless = hosts.slice(8);
const LEASE_MS = 2_000;

describe(`VPCs that are moved while they are in use (seed ${seed})`, function () {
  this.timeout(300_000);
  const random = seeded(seed);
  let platform: Platform;

  before(async () => {
    platform = await startPlatform({
      ...{ hosts, infraNodes: 2, backend: { embedded: names } },
      limits: { hostsPerPartition: 2, maxPartitions: 8 },
      leases: { leaseMs: LEASE_MS, alarmShare: 1 },
      infra: {
        ...{ leaseMs: LEASE_MS, offlinePollMs: 200 },
        ...{ sweepIntervalMs: 50, sweepAfterMs: 50, changesPage: 3, maxPayloadBytes: 1_000 },
        ...{ splitAbove: 3, chunkHosts: 2 },
      },
      agent: { repeat: { baseMs: 200, maxMs: 1_000 }, snapshotGraceMs: 500, heartbeatMs: 300 },
    });
  });
  after(() => platform.stop());

  const status = (id: string) => platform.client.getVpcStatus({ id, pageSize: 100 });

  /** A resident is never without the VPC, nor without its own port, and never falls back. */
  function watch(vpcIds: readonly string[]): () => readonly string[] {
    const faults: string[] = [];
    const reached = new Map<string, number>();
    const endListening = platform.onApplied((host, scope, revision) => {
      const key = `${host} ${scope}`;
      if (revision < (reached.get(key) ?? 0)) faults.push(`${key} fell back to ${revision}`);
      reached.set(key, revision);
      if (!residents.includes(host)) reached.delete(key);
    });
    const timer = setInterval(() => {
      for (const host of residents) {
        for (const id of vpcIds) {
          if (platform.agents.get(host)?.view(id)?.has(`port/${id}-${host}`) === true) continue;
          faults.push(`${host} was without its port of ${id}`);
        }
      }
    }, 1);
    return () => {
      clearInterval(timer);
      endListening();
      return faults;
    };
  }

  async function make(id: string, mode: 'COPIES' | 'FAN_OUT'): Promise<void> {
    const { client } = platform;
    await client.createVpc({ vpc: { id, multicastMode: `MULTICAST_MODE_${mode}` }, cluster: 'main' });
    await client.createSubnet({ subnet: { id: `${id}-s`, vpcId: id, cidr: '10.0.0.0/16' } });
    await client.createSecurityGroup({ securityGroup: { id: `${id}-g`, vpcId: id } });
    for (const hostId of residents) {
      await client.createPort({ port: { id: `${id}-${hostId}`, vpcId: id }, hostId });
    }
  }

  /** Hosts join and leave, and something changes for all of them. */
  async function live(id: string, n: number): Promise<void> {
    const { client } = platform;
    const portId = `${id}-p${n}`;
    await client.createPort({ port: { id: portId, vpcId: id }, hostId: random.pick(hosts) });
    for (let step = 0; step < 3; step++) {
      const chosen = random.integer(0, 3);
      if (chosen === 0) await client.migratePort({ portId, hostId: random.pick(hosts) });
      else if (chosen === 1) {
        await client.updateSecurityGroup({
          securityGroup: { id: `${id}-g`, name: `name ${n}` },
          updateMask: { paths: ['name'] },
        });
      } else if (chosen === 2) {
        await client.unbindPort({ portId });
        await client.bindPort({ portId, hostId: random.pick(hosts) });
      }
    }
    if (random.integer(0, 3) > 0) await client.deletePort({ id: portId });
  }

  async function crashAgents(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const host = random.pick(restless);
      await platform.stopAgent(host);
      await delay(random.pick([10, 200, 2 * LEASE_MS]));
      await platform.startAgent(host);
    }
  }

  /** To whichever cluster it is not on, or to another topic; how often it came to it. */
  async function move(id: string, isOver: () => boolean): Promise<number> {
    for (let moves = 0; ;) {
      if (isOver()) return moves;
      try {
        await platform.client.moveVpc({ id, cluster: random.pick(names), newTopic: true });
        moves++;
      } catch (error) {
        // The one before is not complete, and was waited for by the client for some time.
        if (PlatformError.from(error).code !== 'aborted') throw error;
      }
    }
  }

  it('lose nothing, leave nothing behind, and no host is without them meanwhile', async () => {
    const ids = ['copies', 'read-along'];
    await make('copies', 'COPIES');
    await make('read-along', 'FAN_OUT');
    await platform.settled();
    const stop = watch(ids);
    let isOver = false;
    const moving = Promise.all(ids.map((id) => move(id, () => isOver)));
    const crashing = crashAgents(() => isOver);
    await forEachOf(150, 8, async (n) => {
      await live(ids[n % 2] ?? '', n);
      // In the middle of whatever it does.
      if (n === 60) await platform.infraNodes[1]?.close();
    });
    isOver = true;
    const moves = await moving;
    await crashing;
    await platform.settled(60_000);
    expect(stop()).to.deep.equal([]);
    for (const count of moves) expect(count, 'the run means something').to.be.greaterThan(2);
    // Where the last slot is freed in place of a host that is offline, a server notices when it looks the next time.
    await eventually(async () => {
      for (const id of ids) expect((await status(id)).formerTopic).to.equal('');
    }, 90_000);
    expect(await inconsistencies(platform.store)).to.deep.equal([]);
    for (const id of ids) {
      const { cluster, topic, hosts: members, partitions } = await status(id);
      const first = Number(/vpc(\d+)-/.exec(topic)?.[1]);
      for (const { partition } of members) expect(partition).to.be.within(first, first + partitions - 1);
      for (const name of names) {
        const opened = await platform.openCluster(name);
        expect((await opened.admin.topicStats(topic)) !== undefined).to.equal(name === cluster);
        for (const other of earlier(id, first))
          expect(await opened.admin.topicStats(other), other).to.equal(undefined);
      }
      expect(await platform.store.status(scopes.vpc(id))).to.include({ incarnation: 1 });
    }
  });

  function earlier(id: string, before: number): string[] {
    return Array.from({ length: before }, (_, base) => platform.topics.vpc(id, base));
  }
});
