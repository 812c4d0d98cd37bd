import Pulsar from 'pulsar-client';
import { forEachOf } from '../../../local/pool.ts';
import { connectionOf, partitionsFor } from '../client.ts';
import type { DesignClient } from '../client.ts';
import { openClient, openProducer, partitionName, PulsarConnections } from './pulsar-connections.ts';

const AT_ONCE = 16;
const RECEIVE_QUEUE = 100;

// Named here, since the addon closes what nothing refers to any more.
const open: unknown[] = [];

export const readersClient: DesignClient = {
  attach: async (hosts) => {
    const { url = '', topic = '' } = hosts.target;
    const connections = new PulsarConnections(url);
    open.push(connections);
    const partitions = partitionsFor(hosts.hosts, hosts.hostsPerPartition);
    await forEachOf(hosts.indexes.length, AT_ONCE, async (position) => {
      const host = hosts.indexes[position]!;
      const reader = await connections.get(connectionOf(position, hosts)).createReader({
        topic: partitionName(topic, host % partitions),
        startMessageId: Pulsar.MessageId.latest(),
        receiverQueueSize: RECEIVE_QUEUE,
        readerName: `host-${host}`,
        listener: (message) => {
          hosts.received(host, message.getData().toString());
        },
      });
      open.push(reader);
    });
  },
  openPublisher: async ({ target: { url = '', topic = '' }, hosts, hostsPerPartition }) => {
    const client = openClient(url);
    const producers = await Promise.all(
      Array.from({ length: partitionsFor(hosts, hostsPerPartition) }, (_, partition) =>
        openProducer(client, topic, partition),
      ),
    );
    open.push(client, producers);
    return async (payload) => {
      const data = Buffer.from(payload);
      await Promise.all(producers.map((producer) => producer.send({ data })));
    };
  },
};
