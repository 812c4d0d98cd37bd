import type { SizeMix } from './sizes.ts';

export interface Workload extends SizeMix {
  readonly clusters: number;
  readonly zones: number;
  /** All writes that hosts are told of, on average over a day. */
  readonly changesPerSecond: number;
  /** The busiest minutes against the average. */
  readonly peak: number;
  /** Of the changes: a port comes to a host that is new to its VPC, and one leaves a host for good. */
  readonly joins: number;
  readonly leaves: number;
}

/**
 * A region. Changes: Achelous (SIGCOMM 2023) reports over 100 million network changes a day, 1,157 a second. The
 * exponent makes 92 % of VPCs have at most ten ports, one in 2,000 more than 1,000, and about 15 more than 50,000.
 */
export const region: Workload = {
  hosts: 1_000_000,
  vpcsPerHost: 30,
  exponent: 1.1,
  largest: 100_000,
  clusters: 10,
  zones: 3,
  changesPerSecond: 1_157,
  peak: 5,
  joins: 0.4,
  leaves: 0.4,
};
