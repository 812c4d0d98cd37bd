/** A storm of unusable messages on every topic, with usable traffic in between, and what it must come to. */
import { expect } from 'chai';
import { decodeRecord } from '../../../core/codec/records.ts';
import type { SlotAddress } from '../../../core/messaging/port.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Host, Lane, Member } from '../../../core/model/resources.ts';
import { eventually } from '../eventually.ts';
import { badCopy, badPublic, badWork } from './messages.ts';
import type { Lane as FuzzLane, Verdict } from './messages.ts';
import type { Random } from './random.ts';
import { badReport, idleReport } from './reports.ts';
import type { FuzzWorld } from './world.ts';

const VPC = 'fuzz';
const KIND = 'elb';
/** As many a reporter puts aside in a minute; each gets more than that here. */
const DEAD_LETTERS = 60;

interface Target extends FuzzLane {
  readonly address: SlotAddress;
}

type Topic = 'host' | 'slot' | 'public' | 'work' | 'status';
/** Of a hundred messages, as many go to each. */
const shares: readonly (readonly [Topic, number])[] = [
  ['host', 25],
  ['slot', 35],
  ['public', 10],
  ['work', 15],
  ['status', 15],
];
const drawn = shares.flatMap(([topic, share]) => Array.from({ length: share }, () => topic));

export class Storm {
  readonly #world: FuzzWorld;
  readonly #random: Random;
  readonly #hosts: readonly string[];
  readonly #targets = new Map<Topic, readonly Target[]>();
  readonly #expected: Record<Verdict | 'work' | 'reports', number> = {
    ...{ poison: 0, foreign: 0, stale: 0, work: 0, reports: 0 },
  };
  #publicTopic = '';
  #ports = 0;
  readonly #beganMs = performance.now();

  constructor(world: FuzzWorld, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#hosts = [...world.agents.running.keys()];
  }

  async prepare(): Promise<void> {
    const { client, store, topics } = this.#world;
    await client.createVpc({ vpc: { id: VPC } });
    await client.createSubnet({ subnet: { vpcId: VPC, cidr: '10.0.0.0/16' } });
    await client.createSecurityGroup({ securityGroup: { id: 'group', vpcId: VPC } });
    await client.createPublicResource({ resource: { id: 'lb', kind: KIND, data: Buffer.from('{}') } });
    this.#publicTopic = topics.public(KIND);
    for (const hostId of this.#hosts) {
      await client.createPort({ port: { id: `stays-${hostId}`, vpcId: VPC }, hostId });
    }
    await this.#world.settled(30_000);
    const scope = scopes.vpc(VPC);
    const targets = await Promise.all(
      this.#hosts.map(async (host) => {
        const own = scopes.host(host);
        const [record] = await store.read(own, [keys.host(host)]);
        const [memberRecord, laneRecord] = await store.read(scope, [keys.member(host), keys.copiesLane]);
        const registered = record && decodeRecord<Host>(record)?.value;
        const member = memberRecord && decodeRecord<Member>(memberRecord)?.value;
        const lane = laneRecord && decodeRecord<Lane>(laneRecord)?.value;
        if (registered === undefined || member === undefined || lane === undefined)
          throw new Error('not joined');
        const at = (topic: string, { partition, slot }: Member): SlotAddress => ({ topic, partition, slot });
        return {
          host: {
            ...{ host, scope: own, epoch: registered.member.epoch, isHostLane: true },
            address: at(registered.lane.topic, registered.member),
          },
          slot: { host, scope, epoch: member.epoch, isHostLane: false, address: at(lane.topic, member) },
        };
      }),
    );
    this.#targets.set(
      'host',
      targets.map((target) => target.host),
    );
    this.#targets.set(
      'slot',
      targets.map((target) => target.slot),
    );
  }

  /** Sends so many, with a usable change now and then. */
  async rage(count: number, changeEvery: number): Promise<void> {
    let changing: Promise<void> = Promise.resolve();
    const sending = new Set<Promise<void>>();
    for (let n = 0; n < count; n++) {
      if (n % changeEvery === 0) changing = changing.then(() => this.#change());
      const sent: Promise<void> = this.#send(this.#random.pick(drawn)).finally(() => sending.delete(sent));
      sending.add(sent);
      if (sending.size >= 200) await Promise.race(sending);
      // As fast as they are read, and no faster: what waits takes memory as well.
      if (n % 5_000 === 4_999) await this.drained();
    }
    await Promise.all(sending);
    await changing;
    await this.drained();
  }

  /** Resolves when everything that was sent was read and acknowledged. */
  async drained(): Promise<void> {
    await eventually(async () => {
      for (const topic of await this.#topics()) {
        for (const [name, { backlog }] of topic) expect(backlog, name).to.equal(0);
      }
    }, 60_000);
  }

  /** Each message was counted, once, as what it is. */
  async checkCounts(): Promise<void> {
    const { agents, infraNode, server } = this.#world;
    const sum = (of: Verdict): number =>
      [...agents.running.values()].reduce((total, agent) => total + agent.counters[of], 0);
    const { stale, ...exact } = this.#expected;
    await eventually(() => {
      expect(
        {
          poison: sum('poison'),
          foreign: sum('foreign'),
          work: infraNode.stats.workMalformed,
          reports: server.reports.malformed,
        },
        'counted',
      ).to.deep.equal(exact);
    });
    expect(sum('stale')).to.be.at.least(stale);
    await this.#checkDeadLetters();
  }

  /** The first ones of every reporter were put aside, and no more than a bounded number. */
  async #checkDeadLetters(): Promise<void> {
    const { server, topics } = this.#world;
    const [home] = server.deps.clusters.values();
    const most = (this.#hosts.length + 2) * DEAD_LETTERS;
    const minutes = 1 + Math.ceil((performance.now() - this.#beganMs) / 60_000);
    await eventually(async () => {
      const { messagesIn = 0 } = (await home?.admin.topicStats(topics.deadLetters)) ?? {};
      expect(messagesIn).to.be.within(most, most * minutes);
    });
  }

  async #topics(): Promise<(readonly [string, { readonly backlog: number }])[][]> {
    const { server, topics } = this.#world;
    const [home] = server.deps.clusters.values();
    const names = [topics.hosts, topics.vpc(VPC), topics.work, topics.status, this.#publicTopic];
    const stats = await Promise.all(names.map(async (name) => home?.admin.topicStats(name)));
    return stats.map((each, i) =>
      Object.entries(each?.subscriptions ?? {}).map(
        ([name, of]) => [`${names[i] ?? ''} ${name}`, of] as const,
      ),
    );
  }

  async #send(topic: Topic): Promise<void> {
    const { bus, topics, partitions } = this.#world;
    const random = this.#random;
    const key = String(random.integer(0, 1e6));
    switch (topic) {
      case 'host':
      case 'slot': {
        const { address, ...lane } = random.pick(this.#targets.get(topic) ?? []);
        const { message, verdict } = badCopy(random, lane);
        this.#expected[verdict]++;
        return bus.sendToSlot(address, message);
      }
      case 'public':
        this.#expected.poison++;
        return bus.sendByKey(this.#publicTopic, 1, key, badPublic(random, 'lb'));
      case 'work':
        this.#expected.work++;
        return bus.sendByKey(topics.work, partitions, key, badWork(random));
      case 'status': {
        const isIdle = random.integer(0, 9) === 0;
        if (!isIdle) this.#expected.reports++;
        const payload = isIdle ? idleReport(random, VPC, this.#hosts) : badReport(random);
        return bus.sendByKey(topics.status, partitions, key, { properties: {}, payload });
      }
    }
  }

  async #change(): Promise<void> {
    const { client } = this.#world;
    const n = this.#ports++;
    const random = this.#random;
    await client.createPort({
      port: { id: `p${n}`, vpcId: VPC, securityGroupIds: ['group'] },
      hostId: random.pick(this.#hosts),
    });
    if (n % 3 === 1) await client.migratePort({ portId: `p${n}`, hostId: random.pick(this.#hosts) });
    if (n >= 20) await client.deletePort({ id: `p${n - 20}` });
    if (n % 10 === 5) {
      const resource = { id: 'lb', kind: KIND, data: Buffer.from(String(n)) };
      await client.updatePublicResource({ resource });
    }
  }
}
