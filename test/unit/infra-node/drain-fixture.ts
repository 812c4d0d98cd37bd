/** A VPC on the embedded bus with slots that fill up, and a node that drains them when the test says so. */
import { MemoryCluster } from '../../../adapters/memory/bus-cluster.ts';
import { decodeHeader } from '../../../core/codec/envelope.ts';
import type { Header } from '../../../core/codec/envelope.ts';
import { silentLogger } from '../../../core/logger.ts';
import type { IncomingMessage, SlotAddress, Subscription } from '../../../core/messaging/port.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Lane, Member } from '../../../core/model/resources.ts';
import { subscriptions } from '../../../core/placement/topics.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import { Node } from '../../../infra-node/node.ts';
import { OfflineSlots } from '../../../infra-node/passes/offline-slots.ts';
import { ReleasedSlots } from '../../../infra-node/passes/released-slots.ts';
import { VpcFixture, hostLane, nothing, topics, vpcLane, vpcScope } from './vpc-fixture.ts';

const LEASE_MS = 30_000;

export class DrainFixture {
  readonly cluster = new MemoryCluster({ name: 'east' });
  readonly vpc = new VpcFixture();
  readonly node: Node;
  readonly released: ReleasedSlots;
  readonly offline: OfflineSlots;
  readonly #signal = new AbortController().signal;

  constructor() {
    const { store } = this.vpc;
    this.node = new Node(
      {
        store,
        clusters: new Map([['east', this.cluster]]),
        topics,
        clock: () => this.vpc.nowMs,
        logger: silentLogger,
        options: { leaseMs: LEASE_MS },
      },
      1,
    );
    this.released = new ReleasedSlots(this.node);
    this.offline = new OfflineSlots(this.node);
  }

  /** Hosts that take part in the VPC; none of them listens. */
  async open(hosts: readonly string[]): Promise<void> {
    await this.cluster.admin.ensureTopic(topics.work, 1, [subscriptions.infra]);
    for (const lane of [vpcLane, hostLane]) {
      await this.cluster.admin.ensureTopic(lane.topic, lane.partitions, [subscriptions.hosts]);
    }
    await this.vpc.createVpc();
    for (const [i, host] of hosts.entries()) {
      await this.vpc.register(host, 100 + i);
      await this.vpc.bind(`p-${host}`, [host]);
      await this.hear(host);
    }
    await this.dispatch();
  }

  async dispatch(): Promise<void> {
    await dispatchScope(this.node, vpcScope, nothing);
    for (const host of await this.hosts()) await dispatchScope(this.node, scopes.host(host), nothing);
  }

  async hosts(): Promise<string[]> {
    return (await this.node.store.unheard(Infinity, 1_000)).map(({ host }) => host).sort();
  }

  async hear(host: string): Promise<void> {
    await this.node.store.hear([host], await this.node.store.leaseClock());
    await this.node.offline.poll();
  }

  /** Everybody else is heard of. */
  async expire(...hosts: string[]): Promise<void> {
    const seenMs = await this.node.store.leaseClock();
    const nowMs = await this.node.store.advanceLeaseClock(seenMs, 2 * LEASE_MS);
    const others = (await this.hosts()).filter((host) => !hosts.includes(host));
    await this.node.store.hear(others, nowMs);
    await this.node.offline.poll();
  }

  async member(host: string): Promise<Member> {
    const member = await this.vpc.member(host);
    if (member === undefined) throw new Error(`${host} is not a member`);
    return member;
  }

  /** The last port of the host leaves it. */
  async leave(host: string): Promise<Member> {
    const member = await this.member(host);
    await this.vpc.bind(`p-${host}`, undefined);
    await this.dispatch();
    return member;
  }

  address({ partition, slot }: Member, lane: Lane = vpcLane): SlotAddress {
    return { topic: lane.topic, partition, slot };
  }

  /** Listens as a host does; the result is what came, acknowledged. */
  async listen(
    member: Member,
    received: Header[],
    onMessage: (message: IncomingMessage) => Promise<void> = () => Promise.resolve(),
  ): Promise<Subscription> {
    return this.cluster.bus.subscribeSlot({
      address: this.address(member),
      subscription: subscriptions.hosts,
      consumerName: member.hostId,
      handler: async (message) => {
        received.push(decodeHeader(message.properties));
        await onMessage(message);
        await message.ack();
      },
    });
  }

  async backlog(lane: Lane = vpcLane): Promise<number> {
    const stats = await this.cluster.admin.topicStats(lane.topic);
    return stats?.subscriptions[subscriptions.hosts]?.backlog ?? -1;
  }

  async holder({ partition, slot }: Member): Promise<string | undefined> {
    const [record] = await this.node.store.read(vpcScope, [keys.slot(partition, slot)]);
    return record?.body;
  }

  drainReleased(): Promise<void> {
    return this.released.round(this.#signal);
  }

  drainOffline(): Promise<void> {
    return this.offline.round(this.#signal);
  }

  close(): Promise<void> {
    return this.cluster.close();
  }
}
