/** What can happen, in the order in which results list it. */
export const faultKinds = [
  'kill-agent',
  'stop-agent',
  'kill-infra',
  'stop-infra',
  'kill-server',
  'stop-server',
  'restart-broker',
  'stop-broker',
  'cut-broker',
  'delay-broker',
  'restart-redis',
  'stop-redis',
  'cut-redis',
  'delay-redis',
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** Faults of one track come one after the other, those of different tracks at any time. */
export type Track = 'agents' | 'infra' | 'servers' | 'broker' | 'redis';

export interface FaultProfile {
  readonly track: Track;
  /** How long it lasts, least and most. */
  readonly lastsMs: readonly [number, number];
  /** What coming back may take after that, on a busy machine of two cores; nothing follows in the track meanwhile. */
  readonly recoveryMs: number;
  /** What is added to the way of each byte, least and most. */
  readonly delayMs?: readonly [number, number];
}

// Redis is away for short times only: nothing can be acknowledged then.
export const faultProfiles: Readonly<Record<FaultKind, FaultProfile>> = {
  'kill-agent': { track: 'agents', lastsMs: [200, 4_000], recoveryMs: 4_000 },
  'stop-agent': { track: 'agents', lastsMs: [1_000, 8_000], recoveryMs: 500 },
  'kill-infra': { track: 'infra', lastsMs: [200, 4_000], recoveryMs: 4_000 },
  'stop-infra': { track: 'infra', lastsMs: [1_000, 8_000], recoveryMs: 500 },
  'kill-server': { track: 'servers', lastsMs: [200, 3_000], recoveryMs: 5_000 },
  'stop-server': { track: 'servers', lastsMs: [1_000, 6_000], recoveryMs: 500 },
  'restart-broker': { track: 'broker', lastsMs: [200, 2_000], recoveryMs: 14_000 },
  'stop-broker': { track: 'broker', lastsMs: [1_000, 4_000], recoveryMs: 2_000 },
  'cut-broker': { track: 'broker', lastsMs: [500, 4_000], recoveryMs: 2_000 },
  'delay-broker': { track: 'broker', lastsMs: [2_000, 5_000], recoveryMs: 1_000, delayMs: [50, 500] },
  'restart-redis': { track: 'redis', lastsMs: [100, 1_000], recoveryMs: 2_000 },
  'stop-redis': { track: 'redis', lastsMs: [500, 2_500], recoveryMs: 1_000 },
  'cut-redis': { track: 'redis', lastsMs: [500, 2_500], recoveryMs: 1_000 },
  'delay-redis': { track: 'redis', lastsMs: [2_000, 4_000], recoveryMs: 500, delayMs: [10, 100] },
};
