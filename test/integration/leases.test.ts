import { expect } from 'chai';
import { systemClock } from '../../core/clock.ts';
import { silentLogger } from '../../core/logger.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import { openBackend } from '../../local/backend.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { startServer } from '../../server/start.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';

const HOSTS = ['host-a', 'host-b', 'host-c'] as const;
const LEASE_MS = 3_000;
const leases = { leaseMs: LEASE_MS, stepMs: 500, freshMs: 1_500 };

describe('leases on a real broker and store', function () {
  this.timeout(120_000);
  const cleanup: (() => Promise<unknown>)[] = [];
  let platform: Platform;

  before(async () => {
    platform = await startPlatform({
      ...{ hosts: HOSTS, infraNodes: 1, backend: realServices(), leases },
      infra: { leaseMs: LEASE_MS },
      agent: { heartbeatMs: 500 },
    });
    cleanup.push(() => platform.stop());
    const { client } = platform;
    await client.createVpc({ vpc: { id: 'v' } });
    await client.createSubnet({ subnet: { vpcId: 'v', cidr: '10.1.0.0/16' } });
    for (const hostId of HOSTS) await client.createPort({ port: { id: `on-${hostId}`, vpcId: 'v' }, hostId });
    await platform.settled();
  });
  after(async () => {
    for (const undo of cleanup.reverse()) await undo();
  });

  const clock = () => platform.store.leaseClock();
  const isOnline = async (id: string) => (await platform.client.getHost({ id })).online;
  const alarm = async () => (await platform.client.getVpcStatus({ id: 'v' })).leaseAlarm;
  const clockRuns = async (byMs: number) => {
    const before = await clock();
    await eventually(async () => {
      expect(await clock()).to.be.at.least(before + byMs);
    }, 30_000);
  };

  it('end by a clock that several servers advance, and that is never faster than time', async () => {
    const backend = openBackend(realServices(), platform.topics, silentLogger);
    const cluster = await backend.openCluster();
    const second = await startServer(
      {
        ...{ store: backend.store, clusters: new Map([['main', cluster]]), topics: platform.topics, leases },
        ...{
          workPartitions: 4,
          statusPartitions: 4,
          limits: { hostsPerPartition: 1_000, maxPartitions: 64 },
        },
        ...{ clock: systemClock, logger: silentLogger },
      },
      { address: '127.0.0.1:0' },
    );
    try {
      await second.prepared;
      await clockRuns(1);
      const [startedMs, before] = [performance.now(), await clock()];
      await clockRuns(3_000);
      const byMs = (await clock()) - before;
      const elapsedMs = performance.now() - startedMs;
      // Each advance makes up for time before it, two steps at most.
      expect(byMs).to.be.at.most(elapsedMs + 2 * leases.stepMs);
    } finally {
      await second.drain(1_000);
      await backend.close();
    }
    await clockRuns(500);
  });

  it('end for a host that is silent, which nobody waits for, and begin when it is back', async () => {
    const { client } = platform;
    await platform.stopAgent('host-b');
    await eventually(async () => {
      expect(await isOnline('host-b')).to.equal(false);
    }, 30_000);
    expect([await isOnline('host-a'), await isOnline('host-c')]).to.deep.equal([true, true]);
    const { bindings } = await client.getPort({ id: 'on-host-b' });
    expect(bindings[0]).to.include({ status: 'APPLY_STATUS_ACTIVE', reason: 'the host is offline' });

    // The infrastructure node looks at leases now and then, so it may send the host some more.
    await eventually(async () => {
      await client.createPort({ port: { vpcId: 'v' }, hostId: 'host-a' });
      let last;
      for await (const progress of client.watchRevision({ vpcId: 'v' }, { deadlineMs: 30_000 })) {
        last = progress;
      }
      expect(last).to.include({ done: true, hostsTotal: 3, hostsApplied: 2, hostsOffline: 1 });
      const status = await client.getVpcStatus({ id: 'v' });
      expect(status).to.include({ offlineHosts: 1, leaseAlarm: '' });
      const missed = status.hosts.find(({ hostId }) => hostId === 'host-b');
      expect(missed).to.include({ offline: true, held: true });
    }, 30_000);

    await platform.startAgent('host-b');
    await platform.settled();
    expect(await isOnline('host-b')).to.equal(true);
  });

  it('do not end while a consumer holds reports up', async () => {
    const backend = openBackend(realServices(), platform.topics, silentLogger);
    const { bus } = await backend.openCluster();
    await clockRuns(500);
    // As a server that hangs: it is given its share of the keys, and does nothing about them.
    const hung = await bus.subscribeGroup({
      ...{ topic: platform.topics.status, partitions: 4, subscription: subscriptions.control },
      ...{ consumerName: 'hung', order: 'by-key', handler: () => Promise.resolve() },
    });
    await eventually(async () => {
      expect(await alarm()).to.equal('reports of hosts are not being consumed');
    }, 30_000);
    const [stoppedMs, startedMs] = [await clock(), performance.now()];
    await eventually(() => {
      expect(performance.now() - startedMs).to.be.above(2 * LEASE_MS);
    });
    expect(await clock()).to.equal(stoppedMs);
    for (const host of HOSTS) expect(await isOnline(host), host).to.equal(true);
    await hung.close();
    await backend.close();
    await clockRuns(1_000);
    expect(await alarm()).to.equal('');
    for (const host of HOSTS) expect(await isOnline(host), host).to.equal(true);
  });
});
