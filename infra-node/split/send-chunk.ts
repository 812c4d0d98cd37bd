import { timed } from '../../core/codec/properties.ts';
import type { Node } from '../node.ts';
import { Pipeline } from '../pipeline.ts';
import { sendParts, weightOf } from '../send.ts';
import type { Chunk } from './chunk.ts';

/** Sends a chunk's copies side by side; resolves when all of them are with the broker. */
export async function sendChunk(node: Node, chunk: Chunk): Promise<void> {
  const { scope, turn, incarnation, to, lane, entries, copies, sinceMs } = chunk;
  const pipeline = new Pipeline(node.options.sendsInFlight);
  const weight = weightOf(entries.largestPart);
  for (const { member, from, ask } of copies) {
    const { hostId: host, epoch } = member;
    const stamp = { scope, host, epoch, incarnation, turn, from, to, ask, ...timed(sinceMs) };
    const send = (): Promise<void> =>
      sendParts(node, { scope, lane, member }, entries.for(host), (part) => ({
        kind: 'changes',
        ...stamp,
        ...part,
      }));
    await pipeline.add(host, send, weight);
    node.countVpc(scope, 'copies');
    if (ask) node.count('asked');
  }
  await pipeline.done();
}
