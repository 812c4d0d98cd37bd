/** A VPC with many hosts on the embedded bus, and nodes that send its copies together. */
import { expect } from 'chai';
import { MemoryCluster } from '../../../adapters/memory/bus-cluster.ts';
import { decodeHeader } from '../../../core/codec/envelope.ts';
import type { ChangesHeader } from '../../../core/codec/envelope.ts';
import { silentLogger } from '../../../core/logger.ts';
import { subscriptions } from '../../../core/placement/topics.ts';
import type { GroupSubscribe, MessageBus } from '../../../core/messaging/port.ts';
import type { Store } from '../../../core/store/port.ts';
import { defaultOptions } from '../../../infra-node/deps.ts';
import type { DispatchStep, InfraOptions } from '../../../infra-node/deps.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import type { FanOutOptions } from '../../../infra-node/fan-out/choice.ts';
import { Node } from '../../../infra-node/node.ts';
import { openSplitting } from '../../../infra-node/split/open.ts';
import { intercept } from '../../support/intercept.ts';
import { VpcFixture, nothing, topics, vpcLane, vpcScope } from './vpc-fixture.ts';

export interface SplitNode {
  readonly node: Node;
  /** Nothing that it calls comes back any more, and the broker notices that it is gone. */
  kill(): void;
  /** Resolves when it is killed. */
  readonly ended: Promise<void>;
}

export interface SplitNodeOptions {
  readonly options?: Partial<InfraOptions>;
  /** Awaited. */
  readonly onStep?: (step: DispatchStep) => Promise<void>;
  /** The broker says that it has the message about a chunk, and has lost it. */
  readonly isLost?: () => boolean;
}

/** Hosts of a chunk. */
export const CHUNK = 5;
/** Copies only. */
const fanOut: FanOutOptions = { ...defaultOptions.fanOut, hosts: 0 };

export class SplitFixture {
  readonly cluster = new MemoryCluster({ name: 'east' });
  readonly vpc = new VpcFixture();
  /** What each host received, in order. */
  readonly received = new Map<string, ChangesHeader[]>();
  readonly #closers: (() => Promise<void>)[] = [];
  #nodes = 0;
  #changes = 0;

  get store(): Store {
    return this.vpc.store;
  }

  async open(hosts: number): Promise<void> {
    const { admin } = this.cluster;
    await admin.ensureTopic(topics.work, 1, [subscriptions.infra]);
    await admin.ensureTopic(topics.chunksDone, 1, []);
    await admin.ensureTopic(topics.chunks, 1, [subscriptions.infra]);
    await admin.ensureTopic(vpcLane.topic, vpcLane.partitions, [subscriptions.hosts]);
    await this.vpc.createVpc();
    for (let n = 0; n < hosts; n++) await this.#join(`h${n}`);
    await dispatchScope((await this.start({ options: { splitAbove: 0 } })).node, vpcScope, nothing);
  }

  /** With a client of its own. Resolves when it takes chunks. */
  async start({ options, onStep, isLost = () => false }: SplitNodeOptions = {}): Promise<SplitNode> {
    const client = this.cluster.openClient();
    const life = new Life(isLost);
    const node = new Node(
      {
        store: life.of(this.store),
        clusters: new Map([['east', { ...client, bus: life.ofBus(client.bus) }]]),
        topics,
        clock: () => this.vpc.nowMs,
        logger: silentLogger,
        options: { splitAbove: CHUNK, chunkHosts: CHUNK, chunkPatienceMs: 60_000, fanOut, ...options },
        name: `node-${this.#nodes++}`,
        ...(onStep === undefined ? {} : { hooks: { step: onStep } }),
      },
      1,
    );
    const exchange = await openSplitting(node, new AbortController().signal);
    this.#closers.push(async () => {
      if (!life.isOver) await exchange?.close();
    });
    return {
      node,
      ended: life.ended,
      kill: () => {
        life.end();
        void client.close();
      },
    };
  }

  /** Something that all hosts are told of; answers with its revision. */
  async change(): Promise<number> {
    await this.vpc.bind('shared', [], `version ${++this.#changes}`);
    return (await this.store.status(vpcScope)).revision;
  }

  /** False = it was overtaken. */
  turn({ node }: SplitNode): Promise<boolean> {
    return dispatchScope(node, vpcScope, nothing);
  }

  /** So that it need not ask in the middle of what is tested. */
  async letLookForOthers(node: SplitNode): Promise<void> {
    this.vpc.nowMs += 1_000;
    await this.change();
    await this.turn(node);
  }

  /** Every host got all changes up to the revision; what it got again, or too late, told it nothing. */
  expectReceived(revision: number): void {
    for (const [host, headers] of this.received) {
      let at = headers[0]?.from ?? 0;
      for (const { from, to } of headers) {
        if (to <= at) continue;
        expect(from, `a hole before ${to} at ${host}`).to.be.at.most(at);
        at = to;
      }
      expect(at, host).to.equal(revision);
    }
  }

  async chunksWaiting(): Promise<number> {
    const stats = await this.cluster.admin.topicStats(topics.chunks);
    return stats?.subscriptions[subscriptions.infra]?.backlog ?? -1;
  }

  async close(): Promise<void> {
    await Promise.all(this.#closers.map((close) => close()));
    await this.cluster.close();
  }

  async #join(host: string): Promise<void> {
    await this.vpc.bind(`p-${host}`, [host]);
    const member = await this.vpc.member(host);
    if (member === undefined) throw new Error(`${host} is not a member`);
    const headers: ChangesHeader[] = [];
    this.received.set(host, headers);
    await this.cluster.bus.subscribeSlot({
      address: { topic: vpcLane.topic, partition: member.partition, slot: member.slot },
      subscription: subscriptions.hosts,
      consumerName: host,
      handler: async (message) => {
        const header = decodeHeader(message.properties);
        if (header.kind === 'changes') headers.push(header);
        await message.ack();
      },
    });
  }
}

/** Of a process: when it is over, no call of it comes back, and none of its handlers runs any more. */
class Life {
  isOver = false;
  end: () => void = () => undefined;
  readonly ended = new Promise<void>((resolve) => {
    this.end = () => {
      this.isOver = true;
      resolve();
    };
  });
  readonly #isLost: () => boolean;

  constructor(isLost: () => boolean) {
    this.#isLost = isLost;
  }

  of<T extends object>(target: T): T {
    return intercept(target, (_method, call) => this.#unlessOver(call));
  }

  ofBus(bus: MessageBus): MessageBus {
    return intercept(bus, (method, call, [options]) => {
      if (method === 'publish' && this.#isLost()) return Promise.resolve();
      if (method !== 'subscribeGroup') return this.#unlessOver(call);
      return this.#unlessOver(() => this.#subscribe(bus, options as GroupSubscribe));
    });
  }

  #subscribe(bus: MessageBus, options: GroupSubscribe): Promise<unknown> {
    const handler: GroupSubscribe['handler'] = (message) =>
      Promise.race([options.handler(message), this.ended]);
    return bus.subscribeGroup({ ...options, handler });
  }

  async #unlessOver(call: () => unknown): Promise<unknown> {
    const result = this.isOver ? undefined : await (call() as Promise<unknown>);
    return this.isOver ? new Promise(() => undefined) : result;
  }
}
