import { join } from 'node:path';
import { writeHeader } from '../../adapters/pulsar/header.ts';
import { encodeEntry } from '../../core/codec/entries.ts';
import { encodeHeader, packPayloads } from '../../core/codec/envelope.ts';
import { keyForSlot } from '../../core/placement/slots.ts';
import { scopes } from '../../core/model/keys.ts';
import { startChild } from '../child.ts';
import { defer } from '../deferred.ts';
import type { BareNews, BareOrder, BareTarget } from './bare-messages.ts';
import type { PartialVpc } from './vpc.ts';

/** All hosts have passed it long ago: they decode what ends here, see that they know it, and acknowledge. */
export const BARE_REVISION = 1;

export interface BareProducer {
  readonly pid: number;
  /** To each host of the audience, so many times. Resolves when the broker has all of it, with the time of the first send. */
  send(times: number, payloadBytes: number): Promise<number>;
  stop(): Promise<void>;
}

/** A producer in a process of its own, to the slots of the audience. */
export async function startBareProducer(
  { vpc, topic, partitions, audience }: PartialVpc,
  options: { readonly dir: string; readonly url: string; readonly onFailure: (error: Error) => void },
): Promise<BareProducer> {
  let answer = defer<BareNews>();
  const child = startChild<BareOrder, BareNews>({
    script: 'partial/bare-worker.ts',
    logFile: join(options.dir, 'bare.log'),
    onEnd: options.onFailure,
    onMessage: (news) => {
      if (news.kind === 'failed') options.onFailure(new Error(`the bare producer: ${news.reason}`));
      else answer.resolve(news);
    },
  });
  const ask = (order: BareOrder): Promise<BareNews> => {
    answer = defer();
    child.send(order);
    return answer.promise;
  };
  const targets = audience.map(({ hostId: host, partition, slot, epoch }): BareTarget => {
    const range = { from: 0, to: BARE_REVISION, turn: 1, part: 0, parts: 1, ask: false };
    const stamp = { scope: scopes.vpc(vpc.id), host, epoch, incarnation: 1 };
    return {
      partition,
      key: keyForSlot(slot),
      properties: writeHeader(encodeHeader({ kind: 'changes', ...stamp, ...range })),
    };
  });
  await ask({ kind: 'start', url: options.url, topic, partitions, targets });
  return {
    pid: child.pid,
    send: async (times, payloadBytes) => {
      const news = await ask({ kind: 'send', times, payload: payloadOf(payloadBytes) });
      return news.kind === 'sent' ? news.beganAtMs : NaN;
    },
    stop: () => child.stop(),
  };
}

/** As long as a copy, and as much to decode. */
function payloadOf(bytes: number): string {
  const pack = (data: string): string => {
    const body = JSON.stringify({ data });
    return String(packPayloads([encodeEntry({ key: 'config/bare', revision: BARE_REVISION, body })])[0]);
  };
  return pack('x'.repeat(Math.max(0, bytes - pack('').length)));
}
