/** Topics whose slots are given to hosts: how many partitions they have, and how they grow. */
import { decodeRecord } from '../core/codec/records.ts';
import { PlatformError } from '../core/errors.ts';
import { keys } from '../core/model/keys.ts';
import type { CopiesLane, Lane } from '../core/model/resources.ts';
import { partitionsOf } from '../core/placement/lanes.ts';
import { membersCounter } from '../core/placement/membership.ts';
import { subscriptions } from '../core/placement/topics.ts';
import { retry } from '../core/retry.ts';
import type { RetryOptions } from '../core/retry.ts';
import type { Scope, Store } from '../core/store/port.ts';
import type { Transaction } from '../core/store/transaction.ts';
import { clusterNamed } from './clusters.ts';
import type { ServerDeps, ServerLimits } from './deps.ts';
import { drawOne } from './draw.ts';
import { mutate } from './rpc/locate.ts';
import { inTurn } from './turn.ts';

/** For another's growth or move: about a quarter of a minute, which is more than one usually takes. */
export const GROWTH_PATIENCE: RetryOptions = { attempts: 50, baseMs: 10, maxMs: 500 };

/** Partitions to begin with for this many hosts. */
export function partitionsFor(hosts: number, limits: ServerLimits): number {
  const needed = Math.ceil(hosts / limits.hostsPerPartition);
  return Math.min(Math.max(1, needed), limits.maxPartitions);
}

/** Makes the topic and the hosts' subscription; after that the registry may show the lane. */
export async function createLane(
  deps: Pick<ServerDeps, 'clusters'>,
  cluster: string,
  topic: string,
  partitions: number,
): Promise<Lane> {
  await clusterNamed(deps, cluster).admin.ensureTopic(topic, partitions, [subscriptions.hosts]);
  return { cluster, topic, partitions };
}

/** Thrown out of a transaction when a lane has to grow first; never leaves {@link withCapacity}. */
class LaneFull extends Error {
  override readonly name = 'LaneFull';
  readonly lane: Lane;

  constructor(lane: Lane) {
    super(`every partition of ${lane.topic} is full`);
    this.lane = lane;
  }
}

/**
 * For `changeUse` and `enroll`: the partition with the fewest hosts, those of this transaction included, so one function
 * is to be made for each attempt. Works within {@link withCapacity}.
 */
export function pickPartition(
  deps: Pick<ServerDeps, 'store' | 'limits'>,
  tx: Transaction,
): () => Promise<number> {
  let counts: number[] | undefined;
  return async () => {
    const lane = (await tx.get<Lane>(keys.copiesLane))?.value;
    if (lane === undefined) throw new PlatformError('internal', `${tx.scope} has no lane`);
    const { base = 0 } = lane;
    counts ??= await deps.store.counters(tx.scope, partitionsOf(lane).map(membersCounter));
    const hosts = Math.min(...counts);
    if (isFull(lane, hosts, deps.limits)) throw new LaneFull(lane);
    // Calls at the same time see the same counts, so equal partitions are drawn by lot.
    const n = drawOne(counts.flatMap((count, candidate) => (count === hosts ? [candidate] : []))) ?? 0;
    counts[n] = hosts + 1;
    return base + n;
  };
}

/** `hosts`: on the partition that has the fewest. */
function isFull({ block, partitions }: Lane, hosts: number, limits: ServerLimits): boolean {
  if (block !== undefined) return hosts >= block.hosts;
  return hosts >= limits.hostsPerPartition && partitions < limits.maxPartitions;
}

/** Runs a call that may give slots to hosts, growing the scope's lane as often as it proves to be full. */
export async function withCapacity<T>(
  deps: Pick<ServerDeps, 'store' | 'clusters' | 'limits' | 'wake'>,
  scope: Scope,
  run: () => Promise<T>,
  grow: (full: Lane) => Promise<void> = (full) => growLane(deps, scope, full),
): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof LaneFull)) throw error;
      await grow(error.lane);
    }
  }
}

/**
 * Doubles the partitions, up to the limit, unless somebody did so since the lane was seen. One call at a time, whichever
 * server it is on: brokers let the smaller of two overlapping growths win, and keep a partition that nobody expects.
 */
export async function growLane(
  deps: Pick<ServerDeps, 'store' | 'clusters' | 'limits' | 'wake'>,
  scope: Scope,
  seen: Lane,
  patience: RetryOptions = GROWTH_PATIENCE,
): Promise<void> {
  const partitions = Math.min(seen.partitions * 2, deps.limits.maxPartitions);
  // It may have been moved since.
  const isToGrow = (lane: Lane): boolean => lane.topic === seen.topic && lane.partitions < partitions;
  const mustGrow = async (): Promise<boolean> => {
    const lane = await readLane(deps.store, scope);
    return lane !== undefined && isToGrow(lane);
  };
  const grow = async (): Promise<true> => {
    if (!(await mustGrow())) return true;
    await createLane(deps, seen.cluster, seen.topic, partitions);
    await mutate(deps, scope, undefined, async (tx) => {
      const lane = (await tx.get<CopiesLane>(keys.copiesLane))?.value;
      if (lane === undefined || !isToGrow(lane)) return;
      tx.put(keys.copiesLane, { ...lane, partitions } satisfies CopiesLane);
    });
    return true;
  };
  const elsewhere = new PlatformError('aborted', `${seen.topic} is growing; try again`);
  await retry(
    async () => {
      // Whoever waited for the same growth needs no turn.
      if (!(await mustGrow()) || (await inTurn(deps.store, 'growth', scope, grow))) return;
      throw elsewhere;
    },
    { ...patience, retryIf: (error) => error === elsewhere },
  );
}

export async function readLane(store: Store, scope: Scope): Promise<CopiesLane | undefined> {
  const [record] = await store.read(scope, [keys.copiesLane]);
  return record && decodeRecord<CopiesLane>(record)?.value;
}
