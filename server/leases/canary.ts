/** Canaries: messages on the status topics that show whether reports are being consumed, whichever server does it. */
import type { OutgoingMessage, Properties } from '../../core/messaging/port.ts';
import { partitionOf, slotOf, SLOT_COUNT } from '../../core/placement/slots.ts';
import type { Scope, ScopeStore } from '../../core/store/port.ts';

export interface Canary {
  /** Where it flies: a key of a partition of a cluster. */
  readonly lane: string;
  /** Rises, whoever sends it. */
  readonly sequence: number;
}

/** Only for the reports of canaries; it has no revision and no records. */
const CANARIES: Scope = 'region/canaries';

export function encodeCanary({ lane, sequence }: Canary): OutgoingMessage {
  return { properties: { canary: lane, sequence: String(sequence) }, payload: Buffer.alloc(0) };
}

/** Undefined = the message is no canary. */
export function decodeCanary({ canary: lane, sequence }: Properties): Canary | undefined {
  const number = Number(sequence);
  return lane === undefined || !Number.isSafeInteger(number) ? undefined : { lane, sequence: number };
}

/** It has come back. */
export async function noteCanary(store: ScopeStore, { lane, sequence }: Canary): Promise<void> {
  const report = { reporter: lane, incarnation: 1, epoch: 0, revision: sequence, body: '{}' };
  await store.putReport(CANARIES, report);
}

/** The newest that came back of each lane, in their order; 0 = none yet. */
export async function canariesBack(store: ScopeStore, lanes: readonly string[]): Promise<number[]> {
  const reports = await store.reports(CANARIES, lanes);
  return reports.map((report) => report?.revision ?? 0);
}

const PROBES_PER_KEY = 1_000;

/**
 * Keys of a partition that lie apart among the slots, one in each of `count` equal parts: a Key_Shared subscription
 * gives parts to different consumers, and one that takes nothing holds up only its own.
 */
export function spreadKeys(partition: number, partitions: number, count: number): string[] {
  const found = new Map<number, string>();
  for (let n = 0; found.size < count && n < PROBES_PER_KEY * partitions * count; n++) {
    const key = `~${n}`;
    if (partitionOf(key, partitions) !== partition) continue;
    const part = Math.floor((slotOf(key) * count) / SLOT_COUNT);
    if (!found.has(part)) found.set(part, key);
  }
  return [...found.values()];
}
