import { keys } from '../../../core/model/keys.ts';
import type { Lane } from '../../../core/model/resources.ts';
import { subscriptions } from '../../../core/placement/topics.ts';
import type { Transaction } from '../../../core/store/transaction.ts';
import { chooseCluster, clusterNamed } from '../../clusters.ts';
import type { ServerDeps } from '../../deps.ts';

const PARTITIONS = 4;

/** The lane of a kind, with its topic and its group's subscription. A claim decides which one cluster it lives on. */
export async function publicLane(deps: ServerDeps, kind: string): Promise<Lane> {
  const [known] = await deps.store.owners('public-kind', [kind]);
  const cluster =
    known ??
    (await deps.store.claim('public-kind', kind, (await chooseCluster(deps, 'vpcs', '')).name)).owner;
  const topic = deps.topics.public(kind);
  await clusterNamed(deps, cluster).admin.ensureTopic(topic, PARTITIONS, [subscriptions.group]);
  return { cluster, topic, partitions: PARTITIONS };
}

/** The dispatcher of the scope looks here. */
export function writeLane(tx: Transaction, lane: Lane): void {
  tx.put(keys.copiesLane, lane, { logged: false });
}
