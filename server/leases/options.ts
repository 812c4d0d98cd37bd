export interface LeaseOptions {
  /** A host unheard of for this long, by the lease clock, is offline. The same for all programs. */
  readonly leaseMs: number;
  /** No further lease ends while more than this share of the hosts fell silent lately: that is rather our own fault. */
  readonly alarmShare: number;
  /** How often the clock is advanced and canaries are sent. */
  readonly stepMs: number;
  /** A canary that came back is news for this long. */
  readonly freshMs: number;
  /** Canaries that are missing for this long show a subscription that is stuck. */
  readonly stuckMs: number;
}

export const defaultLeases: LeaseOptions = {
  leaseMs: 30_000,
  alarmShare: 0.1,
  stepMs: 1_000,
  freshMs: 3_000,
  stuckMs: 15_000,
};

export function leaseOptions(given: Partial<LeaseOptions> = {}): LeaseOptions {
  return { ...defaultLeases, ...given };
}
