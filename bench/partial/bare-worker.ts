// A producer of the bare client library: each message with the key of its host's slot.
import type { Producer } from 'pulsar-client';
import { endWithParent, tellParent } from '../child.ts';
import { monotonicMs } from '../monotonic.ts';
import { openClient, openProducer } from '../multicast/clients/pulsar-connections.ts';
import type { BareNews, BareOrder, BareTarget } from './bare-messages.ts';

let producers: Producer[] = [];
let targets: readonly BareTarget[] = [];
const open: unknown[] = [];

const tell = (news: BareNews): void => {
  tellParent(news);
};

async function start(order: Extract<BareOrder, { kind: 'start' }>): Promise<BareNews> {
  const client = openClient(order.url);
  // Named, since the addon closes what nothing refers to any more.
  open.push(client);
  targets = order.targets;
  producers = await Promise.all(
    Array.from({ length: order.partitions }, (_, partition) => openProducer(client, order.topic, partition)),
  );
  return { kind: 'started' };
}

async function send({ times, payload }: Extract<BareOrder, { kind: 'send' }>): Promise<BareNews> {
  const data = Buffer.from(payload);
  const sends: Promise<unknown>[] = [];
  const beganAtMs = monotonicMs();
  for (let n = 0; n < times; n++) {
    for (const { partition, key, properties } of targets) {
      sends.push(producers[partition]!.send({ data, partitionKey: key, properties }));
    }
  }
  await Promise.all(sends);
  return { kind: 'sent', beganAtMs, confirmedAtMs: monotonicMs() };
}

endWithParent(() => Promise.resolve());

process.on('message', (order: BareOrder) => {
  (order.kind === 'start' ? start(order) : send(order)).then(tell, (error: unknown) => {
    tell({ kind: 'failed', reason: String(error) });
  });
});
