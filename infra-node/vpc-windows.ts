import { SHARERS } from '../core/placement/blocks.ts';
import type { MemberState, Members } from './members.ts';
import { Window, windowSize } from './window.ts';
import type { Marks } from './window.ts';

/** Of each host of a VPC: who shares a partition also shares what the broker lets wait there. */
export function windowsOf(
  { members, marks }: { readonly members: Members; readonly marks: Marks },
  budget: number,
): (state: MemberState) => Window {
  const sharers = new Map<number, number>();
  for (const { member } of members.values()) {
    sharers.set(member.partition, (sharers.get(member.partition) ?? 0) + 1);
  }
  return ({ member: { partition, shared } }) => {
    const receivers = shared === true ? SHARERS : (sharers.get(partition) ?? 1);
    return new Window(windowSize(budget, receivers), marks);
  };
}
