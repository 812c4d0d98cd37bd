import { PlatformError } from '../errors.ts';
import { keys } from '../model/keys.ts';
import type { HostUse } from '../model/keys.ts';
import type { Block, CopiesLane, Member, SlotHolder } from '../model/resources.ts';
import type { Transaction } from '../store/transaction.ts';
import { laneOf } from './lanes.ts';
import { SLOT_COUNT } from './slots.ts';

/** Counter of the hosts on a partition. */
export const membersCounter = (partition: number): string => `members/${partition}`;

/** How many bindings a host has more (or fewer), and of these in each security group. */
export interface UseChange {
  readonly bindings: number;
  readonly groups: ReadonlyMap<string, number>;
}

/**
 * Notes that a host has more (or fewer) bindings in the VPC. The first one makes it a member with a slot of its own and
 * a fresh epoch; the last one ends the membership and leaves the slot draining until its fence is acknowledged.
 */
export async function changeUse(
  tx: Transaction,
  hostId: string,
  change: UseChange,
  pickPartition: () => Promise<number>,
): Promise<void> {
  const use = (await tx.get<HostUse>(keys.use(hostId)))?.value ?? { bindings: 0, epoch: 0, groups: {} };
  const bindings = use.bindings + change.bindings;
  if (bindings < 0) throw new PlatformError('internal', `host ${hostId} would have ${bindings} bindings`);
  let next: HostUse = { ...use, bindings };
  if (use.bindings === 0 && bindings > 0) {
    next = { ...next, epoch: use.epoch + 1 };
    await enroll(tx, hostId, next.epoch, await pickPartition());
  } else if (use.bindings > 0 && bindings === 0) {
    await release(tx, hostId);
    next = leaveSlot(tx, hostId, next);
  }
  putUse(tx, hostId, { ...next, groups: addAll(use.groups, change.groups) });
}

/** Counts of nothing are left out. */
function addAll(
  counts: Readonly<Record<string, number>>,
  changes: ReadonlyMap<string, number>,
): Record<string, number> {
  const sums = new Map(Object.entries(counts));
  for (const [id, delta] of changes) sums.set(id, (sums.get(id) ?? 0) + delta);
  return Object.fromEntries([...sums].filter(([, count]) => count !== 0));
}

/**
 * Gives a member another slot, with the next epoch. It holds the old one until {@link leaveFormerSlot}, so that it is
 * sent all of the VPC anew before it hears that the old one is over.
 */
export async function moveMember(tx: Transaction, hostId: string, partition: number): Promise<void> {
  const [member, use] = await tx.getMany<Member | HostUse>([keys.member(hostId), keys.use(hostId)]);
  if (member === undefined || use === undefined) {
    throw new PlatformError('internal', `host ${hostId} is not a member of ${tx.scope}`);
  }
  const { since, ...held } = member.value as Member;
  const used = use.value as HostUse;
  const moved = await enroll(tx, hostId, used.epoch + 1, partition);
  const begun = since ?? { epoch: held.epoch, revision: member.revision };
  tx.put(keys.member(hostId), { ...moved, since: begun } satisfies Member);
  tx.count(membersCounter(held.partition), -1);
  const leaves = { partition: held.partition, slot: held.slot, epoch: held.epoch };
  putUse(tx, hostId, { ...used, epoch: moved.epoch, leaves });
}

/** Has the slot that a host had before it was moved drain. Does nothing where it has left it already. */
export async function leaveFormerSlot(tx: Transaction, hostId: string): Promise<void> {
  const use = (await tx.get<HostUse>(keys.use(hostId)))?.value;
  if (use?.leaves !== undefined) putUse(tx, hostId, leaveSlot(tx, hostId, use));
}

/** Whether a host that was at this epoch has been a member since. */
export function isContinued({ epoch, since }: Member, atEpoch: number): boolean {
  return atEpoch <= epoch && atEpoch >= (since?.epoch ?? epoch);
}

/** Gives the host a free slot of the partition. */
export async function enroll(
  tx: Transaction,
  hostId: string,
  epoch: number,
  partition: number,
): Promise<Member> {
  const lane = (await tx.get<CopiesLane>(keys.copiesLane))?.value;
  const block = lane && laneOf(lane, partition)?.block;
  const slot = await freeSlot(tx, partition, block);
  const member: Member = { hostId, partition, slot, epoch, ...(block === undefined ? {} : { shared: true }) };
  tx.put(keys.member(hostId), member);
  tx.put(keys.slot(partition, slot), { ...member, state: 'held' } satisfies SlotHolder);
  tx.count(membersCounter(partition), 1);
  return member;
}

async function release(tx: Transaction, hostId: string): Promise<void> {
  const member = (await tx.get<Member>(keys.member(hostId)))?.value;
  if (member === undefined)
    throw new PlatformError('internal', `host ${hostId} is not a member of ${tx.scope}`);
  tx.remove(keys.member(hostId));
  drain(tx, member);
  tx.count(membersCounter(member.partition), -1);
}

function leaveSlot(tx: Transaction, hostId: string, { leaves, ...use }: HostUse): HostUse {
  if (leaves !== undefined) drain(tx, { hostId, ...leaves });
  return use;
}

function drain(tx: Transaction, { hostId, partition, slot, epoch }: Member): void {
  const holder: SlotHolder = { hostId, partition, slot, epoch, state: 'draining' };
  tx.put(keys.slot(partition, slot), holder);
}

function putUse(tx: Transaction, hostId: string, use: HostUse): void {
  tx.put(keys.use(hostId), use, { logged: false });
}

/** Frees a slot whose fence was acknowledged. False = it was free already, or has another holder by now. */
export async function freeDrained(tx: Transaction, released: Member): Promise<boolean> {
  const key = keys.slot(released.partition, released.slot);
  const holder = (await tx.get<SlotHolder>(key))?.value;
  if (holder?.state !== 'draining') return false;
  if (holder.hostId !== released.hostId || holder.epoch !== released.epoch) return false;
  tx.remove(key);
  return true;
}

const PROBES = 8;
const ROUNDS = 64;

/** Draws slots at random until one is free: below half occupancy two draws on average, and no list to keep. */
async function freeSlot(
  tx: Transaction,
  partition: number,
  { from, to }: Pick<Block, 'from' | 'to'> = { from: 1, to: SLOT_COUNT },
): Promise<number> {
  for (let round = 0; round < ROUNDS; round++) {
    const drawn = new Set<number>();
    const probes = round === 0 ? 1 : PROBES;
    while (drawn.size < probes) drawn.add(from + Math.floor(Math.random() * (to - from)));
    const slots = [...drawn];
    const holders = await tx.getMany<SlotHolder>(slots.map((slot) => keys.slot(partition, slot)));
    const free = slots.find((_slot, i) => holders[i] === undefined);
    if (free !== undefined) return free;
  }
  throw new PlatformError('resource_exhausted', `no free slot on partition ${partition} of ${tx.scope}`);
}
