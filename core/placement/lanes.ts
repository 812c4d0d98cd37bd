/**
 * The lanes of a scope, one after another: whoever moves it makes another topic, and its partitions are numbered on from
 * those of the lane before. So a partition's number says which lane it is of, for as long as anybody has a slot there.
 */
import type { SlotAddress } from '../messaging/port.ts';
import type { CopiesLane, Lane, Member } from '../model/resources.ts';

/** The lane's partitions as members and slots have them. */
export function partitionsOf({ base = 0, partitions }: Lane): number[] {
  return Array.from({ length: partitions }, (_, n) => base + n);
}

/** The present one first. */
export function lanesOf({ former, ...present }: CopiesLane): [Lane, ...Lane[]] {
  return former === undefined ? [present] : [present, former];
}

/** Undefined = of a lane that is no more. */
export function laneOf(lanes: CopiesLane, partition: number): Lane | undefined {
  return lanesOf(lanes).find(
    ({ base = 0, partitions }) => partition >= base && partition < base + partitions,
  );
}

/** Where the broker finds a slot of the lane. */
export function addressIn({ topic, base = 0 }: Lane, { partition, slot }: Slot): SlotAddress {
  return { topic, partition: partition - base, slot };
}

type Slot = Pick<Member, 'partition' | 'slot'>;
