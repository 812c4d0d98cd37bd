// Consumers of the bare client library, which come back by themselves after the broker did.
import Pulsar from 'pulsar-client';
import { forEachOf } from '../../local/pool.ts';
import { endWithParent, tellParent } from '../child.ts';
import type { BareNews, BareOrder, BareStart } from './bare-messages.ts';

const SUBSCRIBES_AT_ONCE = 32;

const clients: Pulsar.Client[] = [];
const consumers: Pulsar.Consumer[] = [];
const tell = (news: BareNews): void => {
  tellParent(news);
};

async function start({
  pulsarUrl,
  subscription,
  clients: count,
  consumers: wanted,
}: BareStart): Promise<void> {
  for (let n = 0; n < count; n++) clients.push(new Pulsar.Client({ serviceUrl: pulsarUrl }));
  await forEachOf(wanted.length, SUBSCRIBES_AT_ONCE, async (n) => {
    const { topic, slot } = wanted[n]!;
    const consumer = await clients[n % count]!.subscribe({
      topic,
      subscription,
      subscriptionType: 'KeyShared',
      keySharedPolicy: { keyShareMode: 'Sticky', stickyRanges: [{ start: slot, end: slot }] },
      receiverQueueSize: 100,
    });
    // Kept, since the addon closes a consumer that nothing refers to any more.
    consumers.push(consumer);
  });
}

endWithParent(async () => {
  await Promise.all(clients.map((client) => client.close()));
});

process.on('message', ({ start: options }: BareOrder) => {
  start(options).then(
    () => {
      tell({ kind: 'started' });
    },
    (error: unknown) => {
      tell({ kind: 'failed', reason: String(error) });
    },
  );
});
