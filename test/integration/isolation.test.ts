import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { openMemoryStore } from '../../adapters/memory/store.ts';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { lookAheadLimit, readLookAhead, readReplay } from '../../bench/replay-gauge.ts';
import { silentLogger } from '../../core/logger.ts';
import type { MessageHandler, SlotAddress } from '../../core/messaging/port.ts';
import type { Host } from '../../core/model/resources.ts';
import { subscriptions, topicNames } from '../../core/placement/topics.ts';
import { dispatchScope } from '../../infra-node/dispatch.ts';
import { Node } from '../../infra-node/node.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';
import { RecordingCluster } from '../unit/infra-node/recording-cluster.ts';
import { SimulatedHost } from '../unit/infra-node/simulated-host.ts';
import { VpcFixture, nothing, resume, vpcScope } from '../unit/infra-node/vpc-fixture.ts';

/** All on partition 0, which is the worst case. */
const live = ['a-0', 'b-0'];
/** Connected, and acknowledge nothing. */
const hung = ['c-0', 'd-0'];
/** Do not connect. */
const absent = Array.from({ length: 16 }, (_, i) => `${i}-0`);

/** A VPC on a real broker, with hosts that do as they are told. The store is not what this is about. */
class Cloud {
  readonly #cluster: PulsarCluster;
  readonly fixture: VpcFixture;
  readonly node: Node;
  /** What hosts were handed by the broker and have not read yet; they read it at once. */
  readonly #inbox = new RecordingCluster('east');
  readonly #registered = new Map<string, Host>();
  readonly #hosts = new Map<string, SimulatedHost>();
  readonly #closing = new AbortController();
  /** A host that was held has reported. */
  #isDue = false;
  #changes = 0;

  constructor(cluster: PulsarCluster, tenant: string, windowBudget: number | undefined) {
    const topics = topicNames(tenant);
    this.#cluster = cluster;
    this.fixture = new VpcFixture(openMemoryStore(), topics);
    this.node = new Node(
      {
        store: this.fixture.store,
        clusters: new Map([[cluster.name, cluster]]),
        topics,
        clock: Date.now,
        logger: silentLogger,
        options: windowBudget === undefined ? {} : { windowBudget },
      },
      1,
    );
  }

  async prepare(): Promise<void> {
    const { admin } = this.#cluster;
    const { vpcLane, hostLane } = this.fixture;
    await admin.prepare();
    await admin.ensureTopic(this.node.topics.work, 1, [subscriptions.infra]);
    for (const { topic, partitions } of [vpcLane, hostLane]) {
      await admin.ensureTopic(topic, partitions, [subscriptions.hosts]);
    }
    await this.fixture.createVpc();
    for (const [i, id] of [...live, ...hung, ...absent].entries()) {
      this.#registered.set(id, await this.fixture.register(id, 100 + i));
      await this.fixture.bind(`p-${id}`, [id]);
    }
    await dispatchScope(this.node, vpcScope, nothing);
    for (const id of live) await this.connect(id);
    for (const id of hung) await this.#subscribe(await this.#copiesOf(id), id, () => this.#hang());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#cluster.bus.close();
    const { vpcLane, hostLane } = this.fixture;
    const topics = [vpcLane.topic, hostLane.topic, this.node.topics.work];
    for (const topic of topics) await this.#cluster.admin.deleteTopic(topic);
    await this.#cluster.close();
  }

  /** From now on the host applies, reports and acknowledges whatever comes. */
  async connect(id: string): Promise<void> {
    const registered = this.#registered.get(id);
    if (registered === undefined) throw new Error(`no host ${id}`);
    const host = new SimulatedHost(registered, this.#inbox);
    this.#hosts.set(id, host);
    const { lane, member } = registered;
    const own = { topic: lane.topic, partition: member.partition, slot: member.slot };
    await this.#subscribe(own, id, this.#reader(host, id, own));
    // Until the snapshot is here, copies had better wait in the slot.
    await eventually(() => {
      expect(host.replicas.has(vpcScope), `snapshot for ${id}`).to.be.true;
    });
    const copies = await this.#copiesOf(id);
    await this.#subscribe(copies, id, this.#reader(host, id, copies));
  }

  /** Each one is dispatched by itself. */
  async change(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.fixture.bind('shared', [], `version ${++this.#changes}`);
      await this.dispatch();
    }
  }

  async dispatch(): Promise<void> {
    const demand = this.#isDue ? resume : nothing;
    this.#isDue = false;
    await dispatchScope(this.node, vpcScope, demand);
  }

  revision(id: string): number {
    return this.#hosts.get(id)?.replicas.get(vpcScope)?.revision ?? 0;
  }

  /** These hosts have applied all that was written. */
  async expectCurrent(ids: readonly string[]): Promise<void> {
    await this.dispatch();
    const { revision } = await this.fixture.store.status(vpcScope);
    for (const id of ids) {
      expect(this.revision(id), id).to.equal(revision);
      expect(this.#hosts.get(id)?.gaps, `holes seen by ${id}`).to.equal(0);
    }
  }

  async replay(): Promise<{ inReplay: number; limit: number; handedOut: number }> {
    const { pulsarAdminUrl } = realServices();
    const [[first], limits, stats] = await Promise.all([
      readReplay(pulsarAdminUrl, this.fixture.vpcLane.topic),
      readLookAhead(pulsarAdminUrl),
      this.#cluster.admin.topicStats(this.fixture.vpcLane.topic),
    ]);
    const consumers = stats?.subscriptions[subscriptions.hosts]?.consumers ?? [];
    const toLive = consumers.filter(({ consumerName }) => live.includes(consumerName));
    return {
      inReplay: first?.inReplay ?? 0,
      limit: lookAheadLimit(limits, consumers.length),
      handedOut: toLive.reduce((sum, { unacknowledged }) => sum + unacknowledged, 0),
    };
  }

  #reader(host: SimulatedHost, id: string, address: SlotAddress): MessageHandler {
    return async (message) => {
      this.#inbox.slot(address).push(message);
      host.receive();
      const replica = host.replicas.get(vpcScope);
      if (replica !== undefined && (await this.fixture.report(vpcScope, id, replica))) this.#isDue = true;
      await message.ack();
    };
  }

  async #copiesOf(id: string): Promise<SlotAddress> {
    const member = await this.fixture.member(id);
    if (member === undefined) throw new Error(`${id} is not a member`);
    expect(member.partition).to.equal(0);
    return { topic: this.fixture.vpcLane.topic, partition: member.partition, slot: member.slot };
  }

  async #subscribe(address: SlotAddress, consumerName: string, handler: MessageHandler): Promise<void> {
    const subscription = subscriptions.hosts;
    await this.#cluster.bus.subscribeSlot({ address, subscription, consumerName, handler });
  }

  #hang(): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }
}

describe('hosts that take nothing, on a broker with its default limits', function () {
  this.timeout(120_000);
  const clouds: Cloud[] = [];

  async function open(windowBudget?: number): Promise<Cloud> {
    const { pulsarUrl: serviceUrl, pulsarAdminUrl: adminUrl } = realServices();
    const tenant = `isolation-${randomUUID().slice(0, 8)}`;
    const { namespaces } = topicNames(tenant);
    const cluster = await openPulsarCluster({ name: 'east', serviceUrl, adminUrl, tenant, namespaces });
    const cloud = new Cloud(cluster, tenant, windowBudget);
    clouds.push(cloud);
    await cloud.prepare();
    return cloud;
  }

  afterEach(async () => {
    for (const cloud of clouds.splice(0)) await cloud.close();
  });

  it('delay nobody else, and are brought up to date when they come', async () => {
    const cloud = await open();
    const silent = hung.length + absent.length;
    const changes = 1_500;
    await cloud.change(changes);
    await eventually(() => cloud.expectCurrent(live));

    const { inReplay, limit } = await cloud.replay();
    expect(changes * silent, 'copies that they would have been sent').to.be.greaterThan(3 * limit);
    expect(inReplay, 'messages that the broker looks past').to.be.lessThan(limit / 2);
    expect(cloud.node.stats.held).to.be.at.least(silent);

    const [first = '', second = ''] = absent;
    await cloud.connect(first);
    await cloud.connect(second);
    await eventually(() => cloud.expectCurrent([...live, first, second]));
    expect(cloud.node.stats.resumed).to.be.at.least(2);
  });

  it('stop all others where windows are off', async () => {
    const cloud = await open(0);
    // As many as the broker reads before it stops, and some that it does not.
    const { limit } = await cloud.replay();
    await cloud.change(Math.ceil(limit / absent.length) + 100);
    await eventually(async () => {
      const { inReplay, handedOut } = await cloud.replay();
      expect(inReplay).to.be.at.least(limit);
      expect(handedOut, 'what live hosts have not acknowledged').to.equal(0);
    }, 30_000);
    const before = live.map((id) => cloud.revision(id));
    await cloud.change(100);
    expect((await cloud.replay()).handedOut).to.equal(0);
    expect(live.map((id) => cloud.revision(id))).to.deep.equal(before);

    for (const id of absent) await cloud.connect(id);
    await eventually(() => cloud.expectCurrent([...live, ...absent]), 30_000);
  });
});
