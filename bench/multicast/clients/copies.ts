import { keyForSlot, SLOT_COUNT } from '../../../core/placement/slots.ts';
import { forEachOf } from '../../../local/pool.ts';
import { connectionOf, partitionsFor } from '../client.ts';
import type { DesignClient } from '../client.ts';
import { openClient, openProducer, partitionName, PulsarConnections } from './pulsar-connections.ts';

const AT_ONCE = 16;
const RECEIVE_QUEUE = 100;

// Named here, since the addon closes what nothing refers to any more.
const open: unknown[] = [];

export const copiesClient: DesignClient = {
  attach: async (hosts) => {
    const { url = '', topic = '', subscription = '' } = hosts.target;
    const connections = new PulsarConnections(url);
    open.push(connections);
    const partitions = partitionsFor(hosts.hosts, hosts.hostsPerPartition);
    await forEachOf(hosts.indexes.length, AT_ONCE, async (position) => {
      const host = hosts.indexes[position]!;
      const slot = slotOfHost(host, hosts.hosts);
      const consumer = await connections.get(connectionOf(position, hosts)).subscribe({
        topic: partitionName(topic, host % partitions),
        subscription,
        subscriptionType: 'KeyShared',
        keySharedPolicy: { keyShareMode: 'Sticky', stickyRanges: [{ start: slot, end: slot }] },
        receiverQueueSize: RECEIVE_QUEUE,
        consumerName: `host-${host}`,
        listener: (message, self) => {
          hosts.received(host, message.getData().toString());
          self.acknowledge(message).catch(hosts.fail);
        },
      });
      open.push(consumer);
    });
  },
  openPublisher: async ({ target: { url = '', topic = '' }, hosts, hostsPerPartition }) => {
    const client = openClient(url);
    const partitions = partitionsFor(hosts, hostsPerPartition);
    const producers = await Promise.all(
      Array.from({ length: partitions }, (_, partition) => openProducer(client, topic, partition)),
    );
    open.push(client, producers);
    const keys = Array.from({ length: hosts }, (_, host) => keyForSlot(slotOfHost(host, hosts)));
    return async (payload) => {
      const data = Buffer.from(payload);
      await Promise.all(
        keys.map((partitionKey, host) => producers[host % partitions]!.send({ data, partitionKey })),
      );
    };
  },
};

/** Spread over all slots, as drawing them at random spreads them. */
function slotOfHost(host: number, hosts: number): number {
  return 1 + host * Math.floor((SLOT_COUNT - 1) / hosts);
}
