import type { SlotAddress } from '../core/messaging/port.ts';

/** The host's own lane: a slot, the cluster it is on, and the epoch that its messages carry. */
export interface HostLane extends SlotAddress {
  readonly cluster: string;
  readonly epoch: number;
}

/** Where a kind of public resource travels. */
export interface PublicLane {
  readonly kind: string;
  readonly cluster: string;
  readonly topic: string;
  readonly partitions: number;
}

/** What the control service answered; kept on disk, so that a host comes up without it. */
export interface Registration {
  readonly lane: HostLane;
  readonly clusters: readonly { readonly name: string; readonly serviceUrl: string }[];
  readonly statusTopic: string;
  readonly statusPartitions: number;
  /** Of the kinds of public resource that the host serves. */
  readonly publicLanes: readonly PublicLane[];
  /** On the cluster of the host's lane, one partition. Absent where the answer is from before there was one. */
  readonly deadLetterTopic?: string;
}
