import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { decodeBody, decodeHeader } from '../../core/codec/envelope.ts';
import { encodeWork } from '../../core/codec/work.ts';
import type { SlotAddress } from '../../core/messaging/port.ts';
import { scopes } from '../../core/model/keys.ts';
import { subscriptions, topicNames } from '../../core/placement/topics.ts';
import type { Store } from '../../core/store/port.ts';
import { ServiceProcess } from '../../scripts/services/service-process.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';
import { VpcFixture, vpcId, vpcScope } from '../unit/infra-node/vpc-fixture.ts';

const WORK_PARTITIONS = 2;
const root = fileURLToPath(new URL('../..', import.meta.url));

describe('infrastructure nodes as processes, on Pulsar and Redis', function () {
  this.timeout(90_000);
  const tenant = `infra-${randomUUID().slice(0, 8)}`;
  const topics = topicNames(tenant);
  const nodes: ServiceProcess[] = [];
  const cleanup: (() => Promise<unknown>)[] = [];
  let dir: string;
  let cluster: PulsarCluster;
  let store: Store;
  let fixture: VpcFixture;
  /** What each host received, in order. */
  const received = new Map<string, { readonly line: string; readonly through: number }[]>();

  before(async () => {
    const { pulsarUrl: serviceUrl, pulsarAdminUrl: adminUrl, redisUrl: url } = realServices();
    dir = await mkdtemp(join(tmpdir(), 'vpcast-infra-'));
    cleanup.push(() => rm(dir, { recursive: true }));
    store = openRedisStore({ url, cluster: false, keyPrefix: `${tenant}:` });
    cleanup.push(async () => {
      for (const scope of [vpcScope, scopes.host('h0'), scopes.host('h1')]) await store.drop(scope);
      await store.close();
    });
    const { namespaces } = topics;
    cluster = await openPulsarCluster({ name: 'east', serviceUrl, adminUrl, tenant, namespaces });
    cleanup.push(() => cluster.close());
    fixture = new VpcFixture(store, topics);
    const { vpcLane, hostLane } = fixture;
    await cluster.admin.prepare();
    cleanup.push(async () => {
      for (const topic of [topics.work, vpcLane.topic, hostLane.topic])
        await cluster.admin.deleteTopic(topic);
    });
    await cluster.admin.ensureTopic(topics.work, WORK_PARTITIONS, [subscriptions.infra]);
    await cluster.admin.ensureTopic(vpcLane.topic, vpcLane.partitions, [subscriptions.hosts]);
    await cluster.admin.ensureTopic(hostLane.topic, hostLane.partitions, [subscriptions.hosts]);
    await fixture.createVpc();
    for (const [i, id] of ['h0', 'h1'].entries()) {
      const { lane, member } = await fixture.register(id, 10 + i);
      await listen(id, { topic: lane.topic, partition: member.partition, slot: member.slot });
    }
    cleanup.push(() => Promise.all(nodes.map((node) => node.stop())));
    for (const n of [0, 1]) nodes.push(await startNode(n));
  });

  after(async () => {
    for (const undo of cleanup.reverse()) await undo();
  });

  async function startNode(n: number): Promise<ServiceProcess> {
    const { pulsarUrl, pulsarAdminUrl, redisUrl } = realServices();
    const readyFile = join(dir, `${n}.ready.json`);
    const node = new ServiceProcess(
      {
        name: `infra-node-${n}`,
        command: process.execPath,
        args: ['--import', 'tsx', 'infra-node/main.ts', '--sweep-interval=200ms', '--sweep-after=200ms'],
        cwd: root,
        env: {
          ...process.env,
          VPCAST_REDIS_URL: redisUrl,
          VPCAST_KEY_PREFIX: `${tenant}:`,
          VPCAST_PULSAR_CLUSTERS: `east=${pulsarUrl}|${pulsarAdminUrl}`,
          VPCAST_TENANT: tenant,
          VPCAST_HEALTH_ADDRESS: '127.0.0.1:0',
          VPCAST_READY_FILE: readyFile,
        },
        logFile: join(dir, `${n}.log`),
        isHealthy: () => Promise.resolve(existsSync(readyFile)),
        startTimeoutMs: 60_000,
        stopTimeoutMs: 30_000,
      },
      'owned',
    );
    await node.start();
    return node;
  }

  async function listen(host: string, address: SlotAddress): Promise<void> {
    const log = received.get(host) ?? [];
    received.set(host, log);
    await cluster.bus.subscribeSlot({
      address,
      subscription: subscriptions.hosts,
      consumerName: `${host}-${address.slot}`,
      handler: async (message) => {
        const header = decodeHeader(message.properties);
        const keys = header.kind === 'fence' ? [] : decodeBody(message.payload).entries.map(({ key }) => key);
        const through = header.kind === 'fence' ? header.epoch : header.to;
        log.push({ line: [header.kind, header.scope, ...keys].join(' '), through });
        await message.ack();
      },
    });
  }

  async function listenForCopies(host: string): Promise<void> {
    const member = await fixture.member(host);
    if (member === undefined) throw new Error(`${host} is not a member`);
    await listen(host, { topic: fixture.vpcLane.topic, partition: member.partition, slot: member.slot });
  }

  async function wake(): Promise<void> {
    await store.announce(vpcScope);
    const work = encodeWork({ kind: 'dispatch', scope: vpcScope });
    await cluster.bus.sendByKey(topics.work, WORK_PARTITIONS, vpcScope, work);
  }

  /** Each message once: a node that is overtaken by the other one has it repeated. */
  const linesOf = (host: string): string[] => {
    const distinct = new Map(
      (received.get(host) ?? []).map((each) => [`${each.line} ${each.through}`, each]),
    );
    return [...distinct.values()].map(({ line }) => line);
  };
  const forVpc = (host: string): string[] => linesOf(host).filter((line) => line.includes(vpcScope));

  it('bring hosts in, keep them up to date and see them off', async () => {
    await fixture.bind('p0', ['h0']);
    await fixture.bind('p1', ['h1']);
    await wake();
    await Promise.all(['h0', 'h1'].map(listenForCopies));
    await eventually(() => {
      for (const host of ['h0', 'h1']) {
        expect(forVpc(host)).to.deep.equal([`snapshot ${vpcScope} vpc/${vpcId} port/p0 port/p1`]);
        expect(linesOf(host).at(-1)).to.contain(`host/${host}`);
      }
    }, 30_000);

    // Nobody tells them of this one.
    await fixture.bind('p0', ['h0'], 'renamed');
    await store.announce(vpcScope);
    await eventually(() => {
      for (const host of ['h0', 'h1']) expect(forVpc(host)[1]).to.equal(`changes ${vpcScope} port/p0`);
    }, 30_000);

    await fixture.bind('p1', undefined);
    await wake();
    await eventually(() => {
      expect(forVpc('h0')[2]).to.equal(`changes ${vpcScope} port/p1`);
      expect(forVpc('h1')[2]).to.equal(`fence ${vpcScope}`);
    }, 30_000);
  });

  it('take over from one that is killed, and stop when they are told to', async () => {
    const [first, second] = nodes;
    await first?.kill('SIGKILL');
    await fixture.bind('p0', ['h0'], 'after the kill');
    await wake();
    await eventually(() => {
      expect(forVpc('h0').at(-1)).to.equal(`changes ${vpcScope} port/p0`);
      expect(forVpc('h0')).to.have.length(4);
    }, 30_000);
    await second?.stop();
    expect(await readFile(join(dir, '1.log'), 'utf8')).to.match(/"stopped"\s*}\s*$/);
  });
});
