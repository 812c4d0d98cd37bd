import { keys, scopes } from '../core/model/keys.ts';
import type { Lane } from '../core/model/resources.ts';
import { subscriptions } from '../core/placement/topics.ts';
import { retry } from '../core/retry.ts';
import type { RetryOptions } from '../core/retry.ts';
import { seedClusters } from './clusters.ts';
import type { ServerDeps } from './deps.ts';
import { createLane } from './lanes.ts';
import { mutate } from './rpc/locate.ts';

/** Makes what every cluster needs before the first call: namespaces, shared topics, host lanes. Can be repeated. */
export async function prepareClusters(
  deps: ServerDeps,
  adminUrls: Readonly<Record<string, string>>,
  patience: RetryOptions,
): Promise<void> {
  const { topics, workPartitions, statusPartitions } = deps;
  const [home] = deps.clusters.values();
  for (const cluster of deps.clusters.values()) {
    await retry(async () => {
      await cluster.admin.prepare();
      await cluster.admin.ensureTopic(topics.status, statusPartitions, [subscriptions.control]);
      await cluster.admin.ensureTopic(topics.deadLetters, 1, []);
      if (cluster === home) {
        await cluster.admin.ensureTopic(topics.work, workPartitions, [subscriptions.infra]);
      }
      await prepareHostLane(deps, cluster.name);
    }, patience);
  }
  await retry(() => seedClusters(deps, adminUrls), patience);
}

/** The topic has at least as many partitions as the registry shows; it grows with the hosts. */
async function prepareHostLane(deps: ServerDeps, cluster: string): Promise<void> {
  await mutate(deps, scopes.lane(cluster), undefined, async (tx) => {
    const known = (await tx.get<Lane>(keys.copiesLane))?.value;
    const lane = await createLane(deps, cluster, deps.topics.hosts, known?.partitions ?? 1);
    if (known === undefined) tx.put(keys.copiesLane, lane);
  });
}
