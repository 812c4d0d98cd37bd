import { encodeWork } from '../../core/codec/work.ts';
import type { Work } from '../../core/codec/work.ts';
import type { ServerDeps } from '../deps.ts';

/** Gives a task to the infrastructure nodes. */
export async function sendWork(
  { clusters, topics, workPartitions }: Pick<ServerDeps, 'clusters' | 'topics' | 'workPartitions'>,
  work: Work,
): Promise<void> {
  const [home] = clusters.values();
  await home?.bus.sendByKey(topics.work, workPartitions, work.scope, encodeWork(work));
}
