import { decodeRecord } from '../../core/codec/records.ts';
import { PlatformError } from '../../core/errors.ts';
import { keys, splitScope } from '../../core/model/keys.ts';
import type { Lane, Multicast, Vpc } from '../../core/model/resources.ts';
import { transact } from '../../core/store/transaction.ts';
import type { Scope, ScopeStore, StoredRecord } from '../../core/store/port.ts';
import type { Node } from '../node.ts';

/** Where a VPC's hosts read along. */
export interface FanOutLane extends Lane {
  /** Of its record. A host says which one it reads by. */
  readonly revision: number;
}

export function fanOutLaneOf(record: StoredRecord): FanOutLane | undefined {
  const decoded = decodeRecord<Lane>(record);
  return decoded && { ...decoded.value, revision: decoded.revision };
}

/** The lane, and what the VPC's owner wishes. */
export async function readFanOut(
  store: ScopeStore,
  scope: Scope,
): Promise<{ lane: FanOutLane | undefined; wish: Multicast | undefined }> {
  const [lane, vpc] = await store.read(scope, [keys.fanOutLane, keys.vpc(splitScope(scope).id)]);
  return { lane: lane && fanOutLaneOf(lane), wish: vpc && wishOf(vpc) };
}

export function wishOf(vpc: StoredRecord): Multicast | undefined {
  return decodeRecord<Vpc>(vpc)?.value.multicast;
}

/**
 * Gives the VPC a fan-out lane of so many partitions, or takes it away (0). The topic is there before the record says so,
 * and stays: hosts that have not heard of the end yet still read it, and the VPC may want it again.
 */
export async function putFanOutLane(node: Node, scope: Scope, partitions: number): Promise<void> {
  const vpcId = splitScope(scope).id;
  const topic = node.topics.fanOut(vpcId);
  const [copies] = await node.store.read(scope, [keys.copiesLane]);
  const { cluster } = (copies && decodeRecord<Lane>(copies)?.value) ?? {};
  if (cluster === undefined) throw new PlatformError('not_found', `${scope} has no lane`);
  if (partitions > 0) await (await node.cluster(cluster)).admin.ensureTopic(topic, partitions, []);
  await node.store.announce(scope);
  const { wrote } = await transact(node.store, scope, async (tx) => {
    const [vpc, lane] = await tx.getMany<Vpc | Lane>([keys.vpc(vpcId), keys.fanOutLane]);
    const before = lane === undefined ? 0 : (lane.value as Lane).partitions;
    if (vpc === undefined || before === partitions) return;
    if (partitions === 0) tx.remove(keys.fanOutLane);
    else tx.put(keys.fanOutLane, { cluster, topic, partitions } satisfies Lane);
  });
  if (!wrote) return;
  node.count(partitions === 0 ? 'demoted' : 'promoted');
  node.logger.info('the hosts of a VPC are reached another way', { scope, partitions });
  await node.wake(scope);
}
