import type { Scope } from '../core/store/port.ts';

/** What an infrastructure node counts since it started. */
export const infraCounters = {
  dispatches: 'Runs that took a turn on a scope.',
  fenced: 'Runs that ended because another node had taken a turn.',
  failures: 'Runs that failed; each is repeated.',
  revisions: 'Revisions of logs that were dispatched; with the ranges it tells how much travelled together.',
  ranges: 'Ranges of logs that were dispatched, each in one go.',
  copies: 'Ranges of changes that were sent, counted once for each host.',
  fanOuts: 'Ranges of changes that were published once for all hosts that read along.',
  snapshots: 'Snapshots that were sent.',
  fences: 'Fences that were sent: the last message to a host that leaves a VPC.',
  publics: 'Updates of public resources that were sent.',
  messages: 'Messages to hosts, parts counted one by one.',
  bytes: 'Bytes of payload to hosts.',
  resyncs: 'Snapshots on request of a host that lacks something.',
  resyncsDropped: 'Requests for a snapshot that had just been sent.',
  tails: 'Hosts that asked for what they lack since they read along, and were answered.',
  promoted: 'VPCs that began to be read along by their hosts.',
  demoted: 'VPCs that ended to be read along by their hosts.',
  asked: 'Copies that asked the host to report, as half of its window was full.',
  held: 'Times that a host was sent nothing more because its window was full or it was offline.',
  resumed: 'Times that a host that was held went on.',
  offline: 'Hosts whose lease was found to have ended.',
  chunks: "Chunks of this node's large tasks that were offered to all nodes.",
  chunksDone: 'Offered chunks that became done, by whichever node.',
  chunksTaken: 'Chunks of other nodes that this one did.',
  work: 'Work messages that were taken in.',
  workMerged: 'Work messages that were acknowledged with a run that served others as well.',
  workMalformed: 'Work messages that were not understood.',
  swept: 'Scopes that the sweep found behind.',
  slotsDrained: 'Slots that were emptied in place of their hosts.',
  messagesDrained: 'Messages that were thrown away there.',
  slotsFreed: 'Slots that are free because of it.',
  scopesReconciled: 'Quiet scopes that were compared with what their hosts hold.',
  digestMismatches: 'Hosts that held something else than they should, each time that it was put right.',
  lostTails: 'Hosts that lacked the end of what they were sent, each time that it was put right.',
} as const;

export type InfraCounter = keyof typeof infraCounters;

/** How things stand. What is said of the region every node says alike. */
export const infraGauges = {
  scopesAtHand: 'Scopes that this node dispatches or has waiting.',
  scopesBehind:
    'Scopes of the region that the last sweep found behind: written, and not dispatched for seconds.',
  hostsOffline: 'Hosts of the region whose lease has ended, so that they are sent nothing.',
  slotsDraining:
    'Slots that were released and are not free yet; said by the node that looks after them, 0 from others.',
  slotsParked: 'Slots that this node is emptying in place of their hosts.',
} as const;

export type InfraGauge = keyof typeof infraGauges;

/** Of one VPC. Messages are parts counted one by one. */
export type VpcStats = Record<'revisions' | 'messages' | 'copies' | 'fanOuts' | 'snapshots', number>;

/** What the node did since it started. */
export interface InfraStats extends Record<InfraCounter, number> {
  /** By VPC scope; filled with the option `statsPerVpc` only. */
  readonly perVpc: Map<Scope, VpcStats>;
}

export function emptyStats(): InfraStats {
  const zeroes = Object.keys(infraCounters).map((name) => [name, 0]);
  return { ...(Object.fromEntries(zeroes) as Record<InfraCounter, number>), perVpc: new Map() };
}
