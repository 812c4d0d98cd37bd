// Readers, or sticky consumers, that come and go; nothing is sent to them.
import Pulsar from 'pulsar-client';
import { subscriptions } from '../../core/placement/topics.ts';
import { forEachOf } from '../../local/pool.ts';
import { endWithParent, tellParent } from '../child.ts';
import { openClient, partitionName } from '../multicast/clients/pulsar-connections.ts';
import type { AttachNews, AttachOrder } from './attach-messages.ts';

const AT_ONCE = 16;
const RECEIVE_QUEUE = 100;

let clients: Pulsar.Client[] = [];
let attached: (Pulsar.Reader | Pulsar.Consumer)[] = [];

const tell = (news: AttachNews): void => {
  tellParent(news);
};

async function attach(order: Extract<AttachOrder, { kind: 'attach' }>): Promise<void> {
  const { what, topic, partitions, count } = order;
  await forEachOf(count, AT_ONCE, async (n) => {
    const client = clients[n % clients.length]!;
    const at = { topic: partitionName(topic, n % partitions), receiverQueueSize: RECEIVE_QUEUE };
    const slot = n + 1;
    attached.push(
      what === 'reader'
        ? await client.createReader({
            ...at,
            startMessageId: Pulsar.MessageId.latest(),
            readerName: `host-${n}`,
            listener: () => undefined,
          })
        : await client.subscribe({
            ...at,
            subscription: subscriptions.hosts,
            subscriptionType: 'KeyShared',
            keySharedPolicy: { keyShareMode: 'Sticky', stickyRanges: [{ start: slot, end: slot }] },
            consumerName: `host-${n}`,
            listener: () => undefined,
          }),
    );
  });
}

async function detach(): Promise<void> {
  const leaving = attached;
  attached = [];
  await forEachOf(leaving.length, AT_ONCE, async (n) => {
    await leaving[n]!.close();
  });
}

async function obey(order: AttachOrder): Promise<void> {
  if (order.kind === 'start') {
    clients = Array.from({ length: order.clients }, () => openClient(order.url));
  } else if (order.kind === 'attach') {
    await attach(order);
  } else {
    await detach();
  }
}

endWithParent(() => Promise.resolve());

process.on('message', (order: AttachOrder) => {
  obey(order).then(
    () => {
      tell({ kind: 'done' });
    },
    (error: unknown) => {
      tell({ kind: 'failed', reason: String(error) });
    },
  );
});
