import { decodeRecord } from '../../core/codec/records.ts';
import { PlatformError } from '../../core/errors.ts';
import { keys, splitKey, splitScope } from '../../core/model/keys.ts';
import type { Lane, Vpc } from '../../core/model/resources.ts';
import { transact } from '../../core/store/transaction.ts';
import type { Scope, StoredRecord } from '../../core/store/port.ts';
import type { Audience } from '../member-cache.ts';
import type { Node } from '../node.ts';
import { choosePartitions } from './choice.ts';
import { fanOutLaneOf, wishOf } from './lane.ts';

/** Brings the lane, and the wish, up to date with a page of the log. */
export function followFanOut(audience: Audience, changes: readonly StoredRecord[]): void {
  for (const record of changes) {
    if (record.key === keys.fanOutLane) audience.fanOut = fanOutLaneOf(record);
    if (splitKey(record.key).kind === 'vpc') audience.wish = wishOf(record);
  }
}

/**
 * Promotes or demotes the VPC if that is due, one attempt at a time. Nobody waits for it: the broker's administrator may
 * take long. What fails is tried again after the next turn.
 */
export function considerFanOut(node: Node, scope: Scope, audience: Audience): void {
  const { fanOut, wish, members, multicasts, isChanging } = audience;
  const partitions = fanOut?.partitions ?? 0;
  const wanted = choosePartitions(
    { wish, partitions, hosts: members.size, recent: multicasts.at(node.clock()) },
    node.options.fanOut,
  );
  if (wanted === partitions || isChanging) return;
  audience.isChanging = true;
  putFanOutLane(node, scope, wanted)
    .catch((error: unknown) => {
      node.logger.warn('the way to the hosts of a VPC could not be changed', { scope, error });
    })
    .finally(() => {
      audience.isChanging = false;
    });
}

/**
 * Gives the VPC a fan-out lane of so many partitions, or takes it away (0). The topic is there before the record says so,
 * and stays: hosts that have not heard of the end yet still read it, and the VPC may want it again.
 */
async function putFanOutLane(node: Node, scope: Scope, partitions: number): Promise<void> {
  const vpcId = splitScope(scope).id;
  const topic = node.topics.fanOut(vpcId);
  const [copies] = await node.store.read(scope, [keys.copiesLane]);
  const { cluster } = (copies && decodeRecord<Lane>(copies)?.value) ?? {};
  if (cluster === undefined) throw new PlatformError('not_found', `${scope} has no lane`);
  if (partitions > 0) await (await node.cluster(cluster)).admin.ensureTopic(topic, partitions, []);
  await node.store.announce(scope);
  const { wrote } = await transact(node.store, scope, async (tx) => {
    const [vpc, lane, now] = await tx.getMany<Vpc | Lane>([
      keys.vpc(vpcId),
      keys.fanOutLane,
      keys.copiesLane,
    ]);
    const before = lane === undefined ? 0 : (lane.value as Lane).partitions;
    if (vpc === undefined || before === partitions) return;
    // It was moved meanwhile: the next turn sees to it.
    if ((now?.value as Lane | undefined)?.cluster !== cluster) return;
    if (partitions === 0) tx.remove(keys.fanOutLane);
    else tx.put(keys.fanOutLane, { cluster, topic, partitions } satisfies Lane);
  });
  if (!wrote) return;
  node.count(partitions === 0 ? 'demoted' : 'promoted');
  node.logger.info('the hosts of a VPC are reached another way', { scope, partitions });
  await node.wake(scope);
}
