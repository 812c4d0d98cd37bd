/** Hosts of one VPC, some of which read along when the test says so. */
import { expect } from 'chai';
import { decodeFanOutHeader } from '../../../core/codec/fan-out.ts';
import type { FanOutHeader } from '../../../core/codec/fan-out.ts';
import { encodeReportBody } from '../../../core/codec/report-body.ts';
import type { OutgoingMessage, TopicPartition } from '../../../core/messaging/port.ts';
import { keys } from '../../../core/model/keys.ts';
import type { Lane } from '../../../core/model/resources.ts';
import { partitionOf } from '../../../core/placement/slots.ts';
import type { Scope } from '../../../core/store/port.ts';
import type { InfraOptions } from '../../../infra-node/deps.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import type { Node } from '../../../infra-node/node.ts';
import type { Demand } from '../../../infra-node/resyncs.ts';
import { eventually } from '../../support/eventually.ts';
import { ReportingHosts } from './reporting-hosts.ts';
import { nothing, vpcId, vpcScope } from './vpc-fixture.ts';

export const ids: readonly string[] = ['h0', 'h1', 'h2', 'h3'];
const costs = { copyUs: 110, readUs: 10, publishUs: 0, attachUs: 200 };

/** Two multicasts pay for the readers of four hosts. */
export function options(more: Partial<InfraOptions> = {}, hostsPerPartition = 4): Partial<InfraOptions> {
  return {
    fanOut: { hosts: 4, hostsPerPartition, halfLifeMs: 60_000, longestRestMs: 0, costs },
    ...more,
  };
}

interface Reader {
  /** Revision of the lane's record. */
  readonly lane: number;
  readonly partition: number;
  /** How many of the published messages it has seen, or was not there for. */
  at: number;
}

export class ReadingHosts extends ReportingHosts {
  /** Who dispatches. */
  node: Node = this.fixture.node(options());
  readonly #readers = new Map<string, Reader>();
  #tails = 0;

  static async joined(): Promise<ReadingHosts> {
    const all = new ReadingHosts();
    await all.join(all.node, ids);
    return all;
  }

  dispatch(by = this.node): Promise<boolean> {
    return dispatchScope(by, vpcScope, nothing);
  }

  /** Dispatched one by one, each taken and reported by all. */
  async changes(count: number, by = this.node): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.change();
      await this.dispatch(by);
      await this.reportAll();
    }
  }

  async reportAll(): Promise<void> {
    for (const id of this.hosts.keys()) await this.report(id);
  }

  /** All hosts know of the lane, and these read there. */
  async promote(partitions: number, ...readers: readonly string[]): Promise<void> {
    await this.changes(2);
    await this.untilLane(partitions);
    await this.dispatch();
    await this.reportAll();
    await this.readAlong(...readers);
    for (const id of readers) (await this.waiting(id)).splice(0);
  }

  /** The change of the record is not awaited by what is dispatched. */
  async untilLane(partitions: number): Promise<void> {
    await eventually(async () => {
      expect((await this.lane())?.partitions ?? 0).to.equal(partitions);
    });
  }

  async head(): Promise<number> {
    return (await this.fixture.store.status(vpcScope)).revision;
  }

  /** A reader of the host comes to stand where its record of the lane says. */
  attach(id: string): void {
    const entry = this.host(id).replicas.get(vpcScope)?.entries.get(keys.fanOutLane);
    if (entry?.body === undefined) throw new Error(`${id} knows of no lane`);
    const { partitions } = JSON.parse(entry.body) as Lane;
    const at = this.published.length;
    this.#readers.set(id, { lane: entry.revision, partition: partitionOf(id, partitions), at });
  }

  detach(id: string): void {
    this.#readers.delete(id);
  }

  /** The same, with what the control service and a node make of it. */
  async readAlong(...readers: readonly string[]): Promise<void> {
    for (const id of readers) this.attach(id);
    for (const id of readers) await this.report(id);
    await this.answer(...readers);
  }

  /** What these hosts ask for. */
  async answer(...readers: readonly string[]): Promise<void> {
    await dispatchScope(this.node, vpcScope, this.tails(...readers));
  }

  tails(...readers: readonly string[]): Demand {
    const tails = readers.map((id) => [id, { epoch: 1, tail: ++this.#tails }] as const);
    return { ...nothing, tails: new Map(tails) };
  }

  /** The host takes what was published while it read. */
  override async report(id: string, limit?: number): Promise<Scope[]> {
    const host = this.host(id);
    host.receive(limit);
    const reader = this.#readers.get(id);
    if (reader !== undefined) {
      for (const message of this.published.slice(reader.at)) {
        if (message.partition === reader.partition) host.read(message);
      }
      reader.at = this.published.length;
    }
    const behind: Scope[] = [];
    for (const [scope, { epoch, incarnation, revision }] of host.replicas) {
      const reading = scope === vpcScope && reader !== undefined ? { reading: reader.lane } : {};
      const body = encodeReportBody({ failures: [], ...reading });
      if (await this.fixture.report(scope, id, { epoch, incarnation, revision, body })) behind.push(scope);
    }
    return behind;
  }

  get published(): readonly (TopicPartition & OutgoingMessage)[] {
    return this.fixture.east.published;
  }

  /** Of what was published to a partition. */
  publications(partition = 0): FanOutHeader[] {
    const there = this.published.filter((message) => message.partition === partition);
    return there.map(({ properties }) => decodeFanOutHeader(properties));
  }

  /** The lane's record as it is now. */
  async lane(): Promise<(Lane & { revision: number }) | undefined> {
    const [record] = await this.fixture.store.read(vpcScope, [keys.fanOutLane]);
    if (record?.body === undefined) return undefined;
    return { ...(JSON.parse(record.body) as Lane), revision: record.revision };
  }

  async wish(multicast: 'copies' | 'fan-out' | undefined): Promise<void> {
    await this.fixture.write(vpcScope, (tx) => {
      tx.put(keys.vpc(vpcId), { id: vpcId, ...(multicast === undefined ? {} : { multicast }) });
    });
  }
}
