import { keys, scopes } from '../core/model/keys.ts';
import type { Lane } from '../core/model/resources.ts';
import { subscriptions } from '../core/placement/topics.ts';
import { retry } from '../core/retry.ts';
import type { RetryOptions } from '../core/retry.ts';
import { seedCluster } from './clusters.ts';
import type { ServerDeps } from './deps.ts';
import { createLane } from './lanes.ts';
import { mutate } from './rpc/locate.ts';

export type ServerCluster = ServerDeps['clusters'] extends ReadonlyMap<string, infer C> ? C : never;

/**
 * Makes what a cluster needs before anything is placed on it: namespaces, shared topics, host lane. The registry shows
 * the cluster only then. Can be repeated.
 */
export async function prepareCluster(
  deps: ServerDeps,
  cluster: ServerCluster,
  adminUrl: string | undefined,
  patience: RetryOptions,
): Promise<void> {
  const { topics, workPartitions, statusPartitions, logger } = deps;
  const [home] = deps.clusters.values();
  const prepare = async (): Promise<void> => {
    await cluster.admin.prepare();
    await cluster.admin.ensureTopic(topics.status, statusPartitions, [subscriptions.control]);
    await cluster.admin.ensureTopic(topics.deadLetters, 1, []);
    if (cluster === home) {
      // In this order: who sees one of them takes those before it for granted.
      await cluster.admin.ensureTopic(topics.chunksDone, 1, []);
      await cluster.admin.ensureTopic(topics.chunks, 1, [subscriptions.infra]);
      await cluster.admin.ensureTopic(topics.work, workPartitions, [subscriptions.infra]);
    }
    await prepareHostLane(deps, cluster.name);
    await seedCluster(deps, cluster, adminUrl);
  };
  let isFailing = false;
  await retry(async () => {
    try {
      await prepare();
    } catch (error) {
      if (!isFailing) logger.warn('a cluster is not prepared yet', { cluster: cluster.name, error });
      isFailing = true;
      throw error;
    }
  }, patience);
}

/** The topic has at least as many partitions as the registry shows; it grows with the hosts. */
async function prepareHostLane(deps: ServerDeps, cluster: string): Promise<void> {
  await mutate(deps, scopes.lane(cluster), undefined, async (tx) => {
    const known = (await tx.get<Lane>(keys.copiesLane))?.value;
    const lane = await createLane(deps, cluster, deps.topics.hosts, known?.partitions ?? 1);
    if (known === undefined) tx.put(keys.copiesLane, lane);
  });
}
