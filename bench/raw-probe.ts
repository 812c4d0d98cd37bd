// The broker by itself: a bare producer and a bare sticky Key_Shared consumer on a topic of their own. Beside them the
// disk by itself.
import { open } from 'node:fs/promises';
import Pulsar from 'pulsar-client';
import { until } from '../local/until.ts';
import type { ProbeNews, ProbeOrder, ProbeResult, ProbeSample, ProbeStart } from './boot/messages.ts';
import { endWithParent, tellParent } from './child.ts';
import { nowMs, openLoop } from './open-loop.ts';

const SYNCS_PER_SECOND = 5;
const SYNC_BYTES = 512;
const LAST_MESSAGES_MS = 10_000;

const stop = new AbortController();
let finish: (() => Promise<ProbeResult>) | undefined;
const tell = (news: ProbeNews): void => {
  tellParent(news);
};
const fail = (error: unknown): void => {
  tell({ kind: 'failed', reason: String(error) });
};

async function start(options: ProbeStart): Promise<() => Promise<ProbeResult>> {
  const { pulsarUrl, topic, subscription, slot, key, ratePerSecond, messageBytes } = options;
  const client = new Pulsar.Client({ serviceUrl: pulsarUrl });
  const consumer = await client.subscribe({
    topic,
    subscription,
    subscriptionType: 'KeyShared',
    keySharedPolicy: { keyShareMode: 'Sticky', stickyRanges: [{ start: slot, end: slot }] },
    receiverQueueSize: 100,
  });
  const producer = await client.createProducer({ topic, batchingEnabled: false, blockIfQueueFull: false });
  const sent: { intendedAtMs: number; sentAtMs: number }[] = [];
  const messages: ProbeSample[] = [];
  let isFinished = false;
  const receive = async (): Promise<void> => {
    for (;;) {
      const message = await consumer.receive();
      const receivedAtMs = nowMs();
      const times = sent[message.getData().readUInt32LE(0)];
      if (times !== undefined) messages.push({ ...times, receivedAtMs });
      await consumer.acknowledge(message);
    }
  };
  receive().catch((error: unknown) => {
    if (!isFinished) fail(error);
  });
  const sending = openLoop({ ratePerSecond, count: Infinity, signal: stop.signal }, (n, intendedAtMs) => {
    const data = Buffer.alloc(messageBytes, 'x');
    data.writeUInt32LE(n, 0);
    sent[n] = { intendedAtMs, sentAtMs: nowMs() };
    producer.send({ data, partitionKey: key }).catch(fail);
  });
  const syncing = syncNowAndThen(options.file);
  return async () => {
    stop.abort();
    await sending;
    // Named here, since the addon closes a producer that nothing refers to any more.
    await producer.flush();
    await until(() => messages.length === sent.length, LAST_MESSAGES_MS).catch(() => undefined);
    isFinished = true;
    await client.close();
    return { messages, unreceived: sent.length - messages.length, syncs: await syncing };
  };
}

/** What an agent's journal asks of the disk, alone. */
async function syncNowAndThen(path: string): Promise<ProbeResult['syncs']> {
  const syncs: { atMs: number; tookMs: number }[] = [];
  const file = await open(path, 'w');
  const line = Buffer.alloc(SYNC_BYTES, 'x');
  let last = Promise.resolve();
  await openLoop({ ratePerSecond: SYNCS_PER_SECOND, count: Infinity, signal: stop.signal }, () => {
    last = last.then(async () => {
      const atMs = nowMs();
      await file.write(line);
      await file.datasync();
      syncs.push({ atMs, tookMs: nowMs() - atMs });
    });
  });
  await last;
  await file.close();
  return syncs;
}

endWithParent(() => {
  stop.abort();
  return Promise.resolve();
});

process.on('message', (order: ProbeOrder) => {
  if (order.kind === 'start') {
    start(order.start).then((whenAsked) => {
      finish = whenAsked;
      tell({ kind: 'started' });
    }, fail);
  } else {
    finish?.().then((result) => {
      tell({ kind: 'result', result });
    }, fail);
  }
});
