import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import type { Registry } from '../../core/store/port.ts';
import type { Canaries } from './canaries.ts';
import type { LeaseOptions } from './options.ts';

export type KeeperState =
  /** Another server advances the clock, or this one has only begun to look. */
  | 'following'
  /** Nobody advances the clock, and it is not known yet whether reports are consumed. */
  | 'waiting'
  | 'running'
  /** Stands still: reports are not consumed, so silence says nothing. */
  | 'not-consuming'
  /** Stands still: too many hosts fell silent at once. */
  | 'alarm';

/** Why no lease ends, in the words of the API; '' = leases end, or nothing is known to the contrary. */
export const leaseAlarms: Readonly<Record<KeeperState, string>> = {
  following: '',
  waiting: '',
  running: '',
  'not-consuming': 'reports of hosts are not being consumed',
  alarm: 'too many hosts fell silent at once',
};

/** What a server counts of the leases. */
export const leaseCounters = {
  leaseAlarms: 'Times that too many hosts fell silent at once.',
  leaseStops: 'Times that the lease clock stood still because reports were not consumed.',
  reopened: 'Subscriptions that were opened anew because they delivered nothing.',
  clockSetBack: 'Times that the lease clock went back: the store has lost its tail.',
} as const;

export type LeaseCounts = Record<keyof typeof leaseCounters, number>;

export interface KeeperDeps {
  readonly store: Pick<Registry, 'leaseClock' | 'advanceLeaseClock' | 'heardCount'>;
  readonly canaries: Pick<Canaries, 'send' | 'look' | 'areFresh' | 'missing'>;
  readonly options: LeaseOptions;
  readonly counts: LeaseCounts;
  /** Closes and opens the subscription to the status topic of a cluster. */
  readonly reopen: (cluster: string) => void;
  readonly monotonic: Clock;
  readonly logger: Logger;
}

/** What fell silent within this time, and what was heard of in it, are compared; earlier losses have been seen. */
const RECENT_MS = 600_000;
/** As many hosts may always be offline: the share of a small cloud says little. */
const ALWAYS_ALLOWED = 20;
/** Of a pause of this server, for whatever reason, no more counts: reports may have waited meanwhile. */
const STEPS_AT_MOST = 2;

/**
 * Advances the lease clock. Every server has a keeper, and the clock decides between them: only one of those that saw
 * the same time advances it, and the others find that it has moved. So it never runs faster than time.
 */
export class LeaseKeeper {
  readonly #deps: KeeperDeps;
  readonly #reopenedMs = new Map<string, number>();
  #seen: { readonly clockMs: number; readonly atMs: number } | undefined;
  #state: KeeperState = 'following';
  #followedMs = -Infinity;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  get state(): KeeperState {
    return this.#state;
  }

  async step(): Promise<void> {
    const { store, canaries, options, monotonic } = this.#deps;
    const startedMs = monotonic();
    const clockMs = await store.leaseClock();
    const seen = this.#seen;
    // What passes while the clock stands still is not made up for.
    this.#seen = { clockMs, atMs: monotonic() };
    if (seen !== undefined && clockMs < seen.clockMs) this.#noteSetBack(seen.clockMs - clockMs);
    if (seen?.clockMs !== clockMs) {
      this.#followedMs = startedMs;
      this.#enter('following');
      return;
    }
    await canaries.look();
    const isConsuming = canaries.areFresh(options.freshMs);
    await canaries.send();
    this.#reopenStuck();
    if (!isConsuming) {
      const isNew = startedMs - this.#followedMs < options.stepMs + options.freshMs;
      this.#enter(isNew ? 'waiting' : 'not-consuming');
    } else if (await this.#areTooManySilent(clockMs)) {
      this.#enter('alarm');
    } else {
      this.#enter('running');
      const byMs = Math.floor(Math.min(startedMs - seen.atMs, STEPS_AT_MOST * options.stepMs));
      const shownMs = await store.advanceLeaseClock(clockMs, byMs);
      const atMs = shownMs === clockMs + byMs ? startedMs : monotonic();
      this.#seen = { clockMs: shownMs, atMs };
    }
  }

  async #areTooManySilent(clockMs: number): Promise<boolean> {
    const { store, options } = this.#deps;
    const edgeMs = clockMs - options.leaseMs;
    const [recent, online] = await Promise.all([
      store.heardCount(edgeMs - RECENT_MS),
      store.heardCount(edgeMs),
    ]);
    return recent - online > Math.max(ALWAYS_ALLOWED, recent * options.alarmShare);
  }

  /** Reports tell what has to be sent anew; this tells whoever looks after the store how much is lost. */
  #noteSetBack(byMs: number): void {
    this.#deps.counts.clockSetBack++;
    this.#deps.logger.error('the lease clock went back: the store has lost its tail', { byMs });
  }

  #reopenStuck(): void {
    const { canaries, options, counts, reopen, monotonic, logger } = this.#deps;
    for (const cluster of canaries.missing(options.stuckMs)) {
      const nowMs = monotonic();
      if (nowMs - (this.#reopenedMs.get(cluster) ?? -Infinity) < options.stuckMs) continue;
      this.#reopenedMs.set(cluster, nowMs);
      counts.reopened++;
      logger.warn('the status subscription delivers nothing and is opened anew', { cluster });
      reopen(cluster);
    }
  }

  /** Says each change once. */
  #enter(state: KeeperState): void {
    const { logger, counts, options } = this.#deps;
    const before = this.#state;
    this.#state = state;
    if (state === before) return;
    if (state === 'alarm') {
      counts.leaseAlarms++;
      logger.error('too many hosts fell silent at once, so no further lease ends', {
        share: options.alarmShare,
      });
    } else if (state === 'not-consuming') {
      counts.leaseStops++;
      logger.warn('reports are not consumed, so no lease ends');
    } else if (before === 'alarm' || before === 'not-consuming') {
      logger.info('leases end again');
    }
  }
}
