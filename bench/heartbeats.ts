/**
 * Heartbeats of all hosts of a bench together, per second: those of a thousand hosts. With more each sends fewer.
 * Elsewhere hosts have processors of their own for that; here the heartbeats of five thousand alone would keep the machine busy.
 */
const PER_SECOND = 100;
const USUAL_MS = 10_000;

export function heartbeatMsOf(hosts: number): number {
  return Math.max(USUAL_MS, (hosts / PER_SECOND) * 1_000);
}

/** So that nobody expires who is heard of rarely. */
export const rareHeartbeats = { VPCAST_LEASE: '1h' } as const;
