import { setTimeout as delay } from 'node:timers/promises';
import { encodeWork } from '../../core/codec/work.ts';
import type { MessagingCluster } from '../../core/messaging/port.ts';
import { keys, scopes } from '../../core/model/keys.ts';
import type { Lane, Member, SlotHolder } from '../../core/model/resources.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import type { TopicNames } from '../../core/placement/topics.ts';
import type { Scope, Store } from '../../core/store/port.ts';
import { transact } from '../../core/store/transaction.ts';

const ID = 'large';
const HOSTS_PER_PARTITION = 1_000;
const MEMBERS_PER_COMMIT = 500;
const LOOK_MS = 5;
const DATA = 'x'.repeat(256);

export interface LargeVpcOptions {
  readonly store: Store;
  readonly cluster: MessagingCluster;
  readonly topics: TopicNames;
  readonly hosts: number;
}

/**
 * A VPC whose members were all sent everything there is, written into the store as it is: to join ten thousand hosts
 * would be an experiment of its own. Nobody listens on their slots.
 */
export class LargeVpc {
  readonly #options: LargeVpcOptions;
  readonly #scope: Scope = scopes.vpc(ID);
  #workPartitions = 1;
  #changes = 0;

  private constructor(options: LargeVpcOptions) {
    this.#options = options;
  }

  static async make(options: LargeVpcOptions): Promise<LargeVpc> {
    const vpc = new LargeVpc(options);
    await vpc.#make();
    return vpc;
  }

  get lane(): Lane {
    const { cluster, topics, hosts } = this.#options;
    return {
      cluster: cluster.name,
      topic: topics.vpc(ID),
      partitions: Math.ceil(hosts / HOSTS_PER_PARTITION),
    };
  }

  /** Changes what all hosts receive; resolves when their copies are with the broker. */
  async change(signal: AbortSignal): Promise<void> {
    await this.untilDispatched(await this.begin(), signal);
  }

  /** Changes it, and has it dispatched; answers with the revision of the change. */
  async begin(): Promise<number> {
    const { cluster, topics } = this.#options;
    const { revision } = await this.#write((tx) => {
      tx.put(keys.config('setting'), { name: 'setting', n: this.#changes++, data: DATA });
    });
    const wakeUp = encodeWork({ kind: 'dispatch', scope: this.#scope });
    await cluster.bus.sendByKey(topics.work, this.#workPartitions, this.#scope, wakeUp);
    return revision;
  }

  async untilDispatched(revision: number, signal: AbortSignal): Promise<void> {
    while ((await this.#options.store.status(this.#scope)).dispatched < revision) {
      await delay(LOOK_MS, undefined, { signal });
    }
  }

  async #make(): Promise<void> {
    const { store, cluster, topics, hosts } = this.#options;
    this.#workPartitions = (await cluster.admin.topicStats(topics.work))?.partitions ?? 1;
    const { lane } = this;
    const { partitions } = lane;
    await cluster.admin.ensureTopic(lane.topic, partitions, [subscriptions.hosts]);
    await this.#write((tx) => {
      tx.put(keys.vpc(ID), { id: ID });
      tx.put(keys.copiesLane, lane);
    });
    for (let first = 0; first < hosts; first += MEMBERS_PER_COMMIT) {
      await this.#write((tx) => {
        for (let n = first; n < Math.min(hosts, first + MEMBERS_PER_COMMIT); n++) {
          const slot = 1 + Math.floor(n / partitions);
          const member: Member = { hostId: `host-${n}`, partition: n % partitions, slot, epoch: 1 };
          tx.put(keys.member(member.hostId), member);
          tx.put(keys.slot(member.partition, slot), { ...member, state: 'held' } satisfies SlotHolder);
        }
      });
    }
    const { token, revision } = await store.beginDispatch(this.#scope);
    const all = { dispatched: revision, sentAll: revision, sent: new Map<string, number>() };
    await store.advance({ scope: this.#scope, token, ...all });
  }

  #write(body: (tx: Parameters<Parameters<typeof transact>[2]>[0]) => void): Promise<{ revision: number }> {
    return transact(this.#options.store, this.#scope, (tx) => {
      body(tx);
      return Promise.resolve();
    });
  }
}
