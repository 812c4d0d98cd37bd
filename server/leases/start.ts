import type { Clock } from '../../core/clock.ts';
import { pause } from '../../core/retry.ts';
import type { ServerDeps } from '../deps.ts';
import { Canaries } from './canaries.ts';
import { LeaseKeeper } from './keeper.ts';
import type { KeeperState, LeaseCounts } from './keeper.ts';
import { leaseOptions } from './options.ts';

export interface Leases {
  readonly counts: Readonly<LeaseCounts>;
  readonly state: KeeperState;
  drain(): Promise<void>;
}

export interface LeasesOptions {
  /** What has to be there before canaries can be sent. */
  readonly after?: Promise<void>;
  /** Closes and opens the subscription to the status topic of a cluster. */
  readonly reopen: (cluster: string) => void;
  /** Default: that of this process. */
  readonly monotonic?: Clock;
}

/** Keeps the lease clock together with all other servers. */
export function startLeases(
  deps: Pick<ServerDeps, 'store' | 'clusters' | 'topics' | 'statusPartitions' | 'leases' | 'logger'>,
  { after = Promise.resolve(), reopen, monotonic = () => performance.now() }: LeasesOptions,
): Leases {
  const { store, clusters, topics, statusPartitions: partitions, logger } = deps;
  const options = leaseOptions(deps.leases);
  const counts: LeaseCounts = { leaseAlarms: 0, leaseStops: 0, reopened: 0, clockSetBack: 0 };
  const topic = topics.status;
  const canaries = new Canaries({ store, clusters: clusters.values(), topic, partitions, monotonic, logger });
  const keeper = new LeaseKeeper({ store, canaries, options, counts, reopen, monotonic, logger });
  const stopping = new AbortController();

  const run = async (): Promise<void> => {
    let isFailing = false;
    while (!stopping.signal.aborted) {
      try {
        await keeper.step();
        isFailing = false;
      } catch (error) {
        if (!isFailing) logger.warn('the lease clock could not be looked after', { error });
        isFailing = true;
      }
      await pause(options.stepMs, stopping.signal).catch(() => undefined);
    }
  };
  // Whoever gave the promise deals with its failure.
  const running = after.then(run, () => undefined);
  return {
    counts,
    get state() {
      return keeper.state;
    },
    drain: () => {
      stopping.abort();
      return running;
    },
  };
}
