// Hosts, or the publisher, of one point; the design says how they talk to its broker.
import { endWithParent, tellParent } from '../child.ts';
import { monotonicMs } from '../monotonic.ts';
import type { DesignClient, Publish } from './client.ts';
import { clients } from './clients/all.ts';
import type { ClientNews, ClientOrder, ClientStart } from './messages.ts';
import { decodePayload } from './payload.ts';
import { Receipts } from './receipts.ts';

const REPORT_MS = 500;
let publish: Publish | undefined;

const tell = (news: ClientNews): void => {
  tellParent(news);
};
const fail = (error: unknown): void => {
  tell({ kind: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
};

async function start(start: ClientStart): Promise<void> {
  const open = clients.get(start.design);
  if (open === undefined) throw new Error(`there is no client for ${start.design}`);
  const client = await open();
  if (start.role.kind === 'publisher') publish = await client.openPublisher(start);
  else await attach(client, start, start.role.indexes);
  tell({ kind: 'started', pids: [process.pid] });
}

async function attach(client: DesignClient, start: ClientStart, indexes: readonly number[]): Promise<void> {
  const receipts = new Receipts(indexes.length, (received) => {
    tell({ kind: 'received', received });
  });
  setInterval(() => {
    receipts.report();
  }, REPORT_MS).unref();
  await client.attach({
    ...start,
    indexes,
    received: (host, payload) => {
      try {
        receipts.add(decodePayload(payload), host, monotonicMs());
      } catch (error) {
        fail(error);
      }
    },
    fail,
  });
}

async function send(multicast: number, payload: string): Promise<void> {
  if (publish === undefined) throw new Error('this process publishes nothing');
  const sentAtMs = monotonicMs();
  await publish(payload);
  tell({ kind: 'published', multicast, sentAtMs, confirmedAtMs: monotonicMs() });
}

// The connections end with the process; a broker that is measured next is another one.
endWithParent(() => Promise.resolve());

process.on('message', (order: ClientOrder) => {
  (order.kind === 'start' ? start(order.start) : send(order.multicast, order.payload)).catch(fail);
});
