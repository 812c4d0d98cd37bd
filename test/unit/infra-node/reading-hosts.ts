/** Hosts of one VPC, some of which read along when the test says so. */
import { decodeFanOutHeader } from '../../../core/codec/fan-out.ts';
import type { FanOutHeader } from '../../../core/codec/fan-out.ts';
import { encodeReportBody } from '../../../core/codec/report-body.ts';
import type { OutgoingMessage, TopicPartition } from '../../../core/messaging/port.ts';
import { keys } from '../../../core/model/keys.ts';
import type { Lane } from '../../../core/model/resources.ts';
import { partitionOf } from '../../../core/placement/slots.ts';
import type { Scope } from '../../../core/store/port.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import type { Node } from '../../../infra-node/node.ts';
import type { Demand } from '../../../infra-node/resyncs.ts';
import { ReportingHosts } from './reporting-hosts.ts';
import { nothing, vpcId, vpcScope } from './vpc-fixture.ts';

interface Reader {
  /** Revision of the lane's record. */
  readonly lane: number;
  readonly partition: number;
  /** How many of the published messages it has seen, or was not there for. */
  at: number;
}

export class ReadingHosts extends ReportingHosts {
  readonly #readers = new Map<string, Reader>();
  #tails = 0;

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
  async readAlong(node: Node, ...ids: readonly string[]): Promise<void> {
    for (const id of ids) this.attach(id);
    for (const id of ids) await this.report(id);
    await dispatchScope(node, vpcScope, this.tails(...ids));
  }

  /** These hosts ask for what they lack. */
  tails(...ids: readonly string[]): Demand {
    const tails = ids.map((id) => [id, { epoch: 1, tail: ++this.#tails }] as const);
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
