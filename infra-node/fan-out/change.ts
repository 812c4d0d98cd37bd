import { keys, splitKey } from '../../core/model/keys.ts';
import type { Scope, StoredRecord } from '../../core/store/port.ts';
import type { Audience } from '../member-cache.ts';
import type { Node } from '../node.ts';
import { choosePartitions } from './choice.ts';
import { fanOutLaneOf, putFanOutLane, wishOf } from './lane.ts';

/** Brings the lane, and the wish, up to date with a page of the log. */
export function followFanOut(audience: Audience, changes: readonly StoredRecord[]): void {
  for (const record of changes) {
    if (record.key === keys.fanOutLane) audience.fanOut = fanOutLaneOf(record);
    if (splitKey(record.key).kind === 'vpc') audience.wish = wishOf(record);
  }
}

/** Promotes or demotes the VPC if that is due. What fails is tried again after the next turn. */
export async function considerFanOut(node: Node, scope: Scope, audience: Audience): Promise<void> {
  const { fanOut, wish, members, multicasts } = audience;
  const partitions = fanOut?.partitions ?? 0;
  const wanted = choosePartitions(
    { wish, partitions, hosts: members.size, recent: multicasts.at(node.clock()) },
    node.options.fanOut,
  );
  if (wanted === partitions) return;
  try {
    await putFanOutLane(node, scope, wanted);
  } catch (error) {
    node.logger.warn('the way to the hosts of a VPC could not be changed', { scope, error });
  }
}
