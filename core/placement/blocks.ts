/**
 * Topics that small VPCs share have one partition, cut into blocks of slots: each VPC has a block to itself, so that
 * whatever concerns its slots stays within its own scope. All blocks of a topic are of one size.
 */
import type { Block } from '../model/resources.ts';
import { SLOT_COUNT } from './slots.ts';

/** So many hosts have slots on a shared partition if every block is full; windows count on it. */
export const SHARERS = 1_024;

/** Far more than are held: some drain, and a free one is found by drawing. */
const SLOTS_PER_HOST = SLOT_COUNT / SHARERS;

/** How many blocks for this many hosts a topic has. */
export function blocksFor(hosts: number): number {
  return Math.floor(SHARERS / hosts);
}

export function blockAt(n: number, hosts: number): Block {
  const size = hosts * SLOTS_PER_HOST;
  // Brokers do not use slot 0.
  return { from: Math.max(1, n * size), to: (n + 1) * size, hosts };
}
