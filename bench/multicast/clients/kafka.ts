import { forEachOf } from '../../../local/pool.ts';
import { partitionsFor } from '../client.ts';
import type { DesignClient, Hosts } from '../client.ts';
import type { Target } from '../messages.ts';
import type { FetchAnswer, KafkaConnection, KafkaLibrary } from './kafka-library.ts';
import { importKafka } from './kafka-library.ts';

const AT_ONCE = 16;
const CONNECT_MS = 60_000;
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
    const placeOf = placesOf(hosts.target);
    const perPartition = Number(hosts.target['hostsPerPartition']);
    const [address = '', port = ''] = url.split(':');
    await forEachOf(hosts.indexes.length, AT_ONCE, async (position) => {
      const host = hosts.indexes[position]!;
      const connection = new kafka.Connection(`host-${host}`, { connectTimeout: CONNECT_MS });
      await connection.connect(address, Number(port));
      read(kafka, connection, host, placeOf(Math.floor(host / perPartition)), hosts).catch(hosts.fail);
    });
  },
  openPublisher: async ({ target, hosts }) => {
    const { url = '', packages = '', hostsPerPartition } = target;
    const kafka = await importKafka(packages);
    const producer = new kafka.Producer({ clientId: 'publisher', bootstrapBrokers: [url] });
    const placeOf = placesOf(target);
    const places = Array.from({ length: partitionsFor(hosts, Number(hostsPerPartition)) }, (_, n) =>
      placeOf(n),
    );
    return async (payload) => {
      const value = Buffer.from(payload);
      const messages = places.map(({ topic, partition }) => ({ topic, partition, value }));
      await producer.send({ messages, acks: -1 });
    };
  },
};

interface Place {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

/** Of the nth partition that hosts are in, one topic's after the other's. */
function placesOf({ topics = '', topicIds = '', partitions }: Target): (nth: number) => Place {
  const names = topics.split(',');
  const ids = topicIds.split(',');
  return (nth) => {
    const at = Math.floor(nth / Number(partitions));
    return { topic: names[at]!, topicId: ids[at]!, partition: nth % Number(partitions) };
  };
}

/** From the beginning of the topic on, which is new. */
async function read(
  { fetchV17 }: KafkaLibrary,
  connection: KafkaConnection,
  host: number,
  place: Place,
  { received }: Hosts,
): Promise<never> {
  for (let fetchOffset = 0n; ;) {
    const partition = {
      partition: place.partition,
      currentLeaderEpoch: UNKNOWN_EPOCH,
      fetchOffset,
      lastFetchedEpoch: UNKNOWN_EPOCH,
      partitionMaxBytes: MAX_BYTES,
    };
    const topics = [{ topicId: place.topicId, partitions: [partition] }];
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
