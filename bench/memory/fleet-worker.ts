// Light hosts in one process: one consumer of each partition takes what is in all its slots, and one reader reads for all.
import Pulsar from 'pulsar-client';
import { openControlClient } from '../../adapters/grpc/client.ts';
import { readHeader } from '../../adapters/pulsar/header.ts';
import { decodeBody, decodeHeader } from '../../core/codec/envelope.ts';
import { decodeFanOutBody, decodeFanOutHeader } from '../../core/codec/fan-out.ts';
import { encodeReport } from '../../core/codec/report.ts';
import { keys } from '../../core/model/keys.ts';
import type { Lane } from '../../core/model/resources.ts';
import type { Entry } from '../../core/model/view.ts';
import { partitionOf, SLOT_COUNT } from '../../core/placement/slots.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import { forEachOf } from '../../local/pool.ts';
import { benchHosts } from '../agents.ts';
import { endWithParent, tellParent } from '../child.ts';
import { openClient, openProducer, partitionName } from '../multicast/clients/pulsar-connections.ts';
import type { FleetNews, FleetOrder, FleetStart } from './fleet-messages.ts';
import { LightHosts } from './light-hosts.ts';

const REGISTERED_AT_ONCE = 16;
const TICKS = 100;
const DUE_EVERY_MS = 250;
const RECEIVE_QUEUE = 1_000;
const LANE = Buffer.from(keys.fanOutLane);

const tell = (news: FleetNews): void => {
  tellParent(news);
};
const fail = (error: unknown): void => {
  tell({ kind: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
};

class Fleet {
  readonly #client: Pulsar.Client;
  readonly #ids: readonly string[];
  readonly #hosts: LightHosts;
  // Also since the addon closes what nothing refers to any more.
  readonly #consumers = new Map<string, Promise<unknown>>();
  #producers: Pulsar.Producer[] = [];
  #lane = 0;
  #reports = 0;

  constructor(url: string, ids: readonly string[]) {
    this.#client = openClient(url);
    this.#ids = ids;
    this.#hosts = new LightHosts(ids);
  }

  async start({ control, hosts, heartbeatMs }: FleetStart): Promise<void> {
    const client = openControlClient({ addresses: control });
    const lanes = new Map<string, { topic: string; partition: number }>();
    let status = { topic: '', partitions: 0 };
    const known = benchHosts(hosts);
    await forEachOf(hosts, REGISTERED_AT_ONCE, async (n) => {
      const { id, vtepIp } = known[n]!;
      const answer = await client.registerHost({ host: { id, name: id, vtepIp } });
      const { topic = '', partition = 0 } = answer.host?.lane ?? {};
      lanes.set(`${topic}/${partition}`, { topic, partition });
      status = { topic: answer.statusTopic, partitions: answer.statusPartitions };
    });
    client.close();
    this.#producers = await Promise.all(
      Array.from({ length: status.partitions }, (_, n) => openProducer(this.#client, status.topic, n)),
    );
    await Promise.all([...lanes.values()].map(({ topic, partition }) => this.#listen(topic, partition)));
    this.#beat(heartbeatMs);
    setInterval(() => {
      this.#tellState();
      for (const id of this.#hosts.takeDue()) this.#report(id);
    }, DUE_EVERY_MS).unref();
  }

  #beat(heartbeatMs: number): void {
    let tick = 0;
    setInterval(() => {
      tick = (tick + 1) % TICKS;
      for (let n = tick; n < this.#ids.length; n += TICKS) this.#report(this.#ids[n]!);
    }, heartbeatMs / TICKS).unref();
  }

  #report(id: string): void {
    const data = encodeReport(this.#hosts.report(id, Date.now()));
    this.#reports++;
    this.#producers[partitionOf(id, this.#producers.length)]!.send({ data, partitionKey: id }).catch(fail);
  }

  /** All slots of a partition. */
  #listen(topic: string, partition: number): Promise<unknown> {
    const name = partitionName(topic, partition);
    const listening =
      this.#consumers.get(name) ??
      this.#client.subscribe({
        topic: name,
        subscription: subscriptions.hosts,
        subscriptionType: 'KeyShared',
        keySharedPolicy: { keyShareMode: 'Sticky', stickyRanges: [{ start: 0, end: SLOT_COUNT - 1 }] },
        subscriptionInitialPosition: 'Earliest',
        receiverQueueSize: RECEIVE_QUEUE,
        listener: (message, consumer) => {
          this.#took(message);
          consumer.acknowledge(message).catch(fail);
        },
      });
    this.#consumers.set(name, listening);
    return listening;
  }

  #took(message: Pulsar.Message): void {
    const header = decodeHeader(readHeader(message));
    const payload = message.getData();
    if (header.kind === 'snapshot' && header.scope.startsWith('vpc/')) {
      const { assignment } = decodeBody(payload);
      if (assignment !== undefined) this.#listen(assignment.lane.topic, assignment.partition).catch(fail);
    }
    if (payload.includes(LANE)) this.#readAlong(decodeBody(payload).entries);
    this.#hosts.took(header);
  }

  #readAlong(entries: readonly Entry[]): void {
    const record = entries.find(({ key }) => key === keys.fanOutLane);
    if (record?.body === undefined || record.revision <= this.#lane) return;
    this.#lane = record.revision;
    this.#hosts.readAlong(record.revision);
    const { topic, partitions } = JSON.parse(record.body) as Lane;
    for (let partition = 0; partition < partitions; partition++) {
      const name = partitionName(topic, partition);
      if (this.#consumers.has(name)) continue;
      const reading = this.#client.createReader({
        topic: name,
        startMessageId: Pulsar.MessageId.latest(),
        listener: (message) => {
          this.#hosts.read(decodeFanOutHeader(readHeader(message)));
          const payload = message.getData();
          if (payload.includes(LANE)) this.#readAlong(decodeFanOutBody(payload, ''));
        },
      });
      reading.catch(fail);
      this.#consumers.set(name, reading);
    }
  }

  #tellState(): void {
    const { joined, reading, revision } = this.#hosts;
    tell({ kind: 'state', state: { joined, reading, revision, reports: this.#reports } });
  }
}

// The connections end with the process.
endWithParent(() => Promise.resolve());

process.on('message', ({ start }: FleetOrder) => {
  const ids = benchHosts(start.hosts).map(({ id }) => id);
  new Fleet(start.pulsarUrl, ids).start(start).then(() => {
    tell({ kind: 'started' });
  }, fail);
});
