import { decodeRecord } from '../../core/codec/records.ts';
import { keys, splitScope } from '../../core/model/keys.ts';
import type { Lane, Multicast, Vpc } from '../../core/model/resources.ts';
import type { Scope, ScopeStore, StoredRecord } from '../../core/store/port.ts';

/** What has larger parts goes to each host by itself: brokers take 5 MiB, and the local forms of all hosts add up. */
export const MAX_FAN_OUT_BYTES = 4_500_000;

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
