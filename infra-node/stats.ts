import type { Scope } from '../core/store/port.ts';

export interface VpcStats {
  /** Log revisions that were dispatched. */
  revisions: number;
  /** Messages to the VPC's hosts, parts counted one by one. */
  messages: number;
  /** Ranges of changes that were sent, counted once for each host. */
  copies: number;
  /** Ranges of changes that were published once for all hosts that read along. */
  fanOuts: number;
  snapshots: number;
}

/** What the node did since it started. */
export interface InfraStats {
  /** Runs that took a turn on a scope. */
  dispatches: number;
  /** Runs that ended because another node had taken a turn. */
  fenced: number;
  failures: number;
  /** Log revisions that were dispatched; with `copies` and the hosts it tells how much was coalesced. */
  revisions: number;
  /** Ranges of changes that were sent, counted once for each host. */
  copies: number;
  /** Ranges of changes that were published once for all hosts that read along. */
  fanOuts: number;
  snapshots: number;
  fences: number;
  publics: number;
  /** Messages, parts counted one by one. */
  messages: number;
  bytes: number;
  /** Snapshots on request: sent, and dropped because one had just been sent. */
  resyncs: number;
  resyncsDropped: number;
  /** Hosts that asked for what they lack since they read along, and were answered. */
  tails: number;
  /** VPCs that began, and ended, to be read along by their hosts. */
  promoted: number;
  demoted: number;
  /** Copies that asked the host to report. */
  asked: number;
  /** Hosts that were sent nothing more because their window was full or they were offline, and hosts that went on. */
  held: number;
  resumed: number;
  /** Hosts whose lease was found to have ended. */
  offline: number;
  /** Chunks of this node's tasks that were offered to all nodes, and chunks of others that it did. */
  chunks: number;
  chunksTaken: number;
  /** Work messages: taken in, acknowledged with a run that served others as well, and not understood. */
  work: number;
  workMerged: number;
  workMalformed: number;
  /** Scopes that the sweep found behind. */
  swept: number;
  /** Slots that were emptied in place of their hosts, messages thrown away there, and slots that are free because of it. */
  slotsDrained: number;
  messagesDrained: number;
  slotsFreed: number;
  /** Quiet scopes that were compared with what their hosts hold. */
  scopesReconciled: number;
  /** Hosts that held something else, or lacked the end of what they were sent, each time that it was put right. */
  digestMismatches: number;
  lostTails: number;
  /** By VPC scope; filled with the option `statsPerVpc` only. */
  readonly perVpc: Map<Scope, VpcStats>;
}

export function emptyStats(): InfraStats {
  return {
    dispatches: 0,
    fenced: 0,
    failures: 0,
    revisions: 0,
    copies: 0,
    fanOuts: 0,
    snapshots: 0,
    fences: 0,
    publics: 0,
    messages: 0,
    bytes: 0,
    resyncs: 0,
    resyncsDropped: 0,
    tails: 0,
    promoted: 0,
    demoted: 0,
    asked: 0,
    held: 0,
    resumed: 0,
    offline: 0,
    chunks: 0,
    chunksTaken: 0,
    work: 0,
    workMerged: 0,
    workMalformed: 0,
    swept: 0,
    slotsDrained: 0,
    messagesDrained: 0,
    slotsFreed: 0,
    scopesReconciled: 0,
    digestMismatches: 0,
    lostTails: 0,
    perVpc: new Map(),
  };
}
