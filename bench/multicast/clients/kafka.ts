import { forEachOf } from '../../../local/pool.ts';
import type { DesignClient, Hosts } from '../client.ts';
import type { FetchAnswer, KafkaConnection, KafkaLibrary } from './kafka-library.ts';
import { importKafka } from './kafka-library.ts';

const AT_ONCE = 16;
const CONNECT_MS = 60_000;
const PARTITION = 0;
const MAX_WAIT_MS = 5_000;
const MAX_BYTES = 1 << 20;
const UNKNOWN_EPOCH = -1;

/**
 * Each host reads the partition that is assigned to it by fetches of its own. No group and no commits of offsets: the
 * least that a consumer can ask of the broker. A fetch that waits occupies its connection, so each host has one.
 */
export const kafkaClient: DesignClient = {
  attach: async (hosts) => {
    const { url = '', packages = '' } = hosts.target;
    const kafka = await importKafka(packages);
    const [address = '', port = ''] = url.split(':');
    await forEachOf(hosts.indexes.length, AT_ONCE, async (position) => {
      const host = hosts.indexes[position]!;
      const connection = new kafka.Connection(`host-${host}`, { connectTimeout: CONNECT_MS });
      await connection.connect(address, Number(port));
      read(kafka, connection, host, hosts).catch(hosts.fail);
    });
  },
  openPublisher: async ({ target: { url = '', topic = '', packages = '' } }) => {
    const kafka = await importKafka(packages);
    const producer = new kafka.Producer({ clientId: 'publisher', bootstrapBrokers: [url] });
    return async (payload) => {
      const message = { topic, partition: PARTITION, value: Buffer.from(payload) };
      await producer.send({ messages: [message], acks: -1 });
    };
  },
};

/** From the beginning of the topic on, which is new. */
async function read(
  { fetchV17 }: KafkaLibrary,
  connection: KafkaConnection,
  host: number,
  { target: { topicId = '' }, received }: Hosts,
): Promise<never> {
  for (let fetchOffset = 0n; ;) {
    const partition = {
      partition: PARTITION,
      currentLeaderEpoch: UNKNOWN_EPOCH,
      fetchOffset,
      lastFetchedEpoch: UNKNOWN_EPOCH,
      partitionMaxBytes: MAX_BYTES,
    };
    const topics = [{ topicId, partitions: [partition] }];
    const answer = await fetchV17.api.async(connection, MAX_WAIT_MS, 1, MAX_BYTES, 0, 0, -1, topics, [], '');
    for (const { offset, value } of recordsOf(answer)) {
      received(host, value.toString());
      fetchOffset = offset + 1n;
    }
  }
}

function recordsOf(answer: FetchAnswer): { readonly offset: bigint; readonly value: Buffer }[] {
  return answer.responses
    .flatMap(({ partitions }) => partitions)
    .flatMap(({ records = [] }) => records)
    .flatMap(({ firstOffset, records }) =>
      records.flatMap(({ offsetDelta, value }) =>
        value === null ? [] : [{ offset: firstOffset + BigInt(offsetDelta), value }],
      ),
    );
}
