import { availableParallelism } from 'node:os';

/**
 * On a machine with two processors or fewer Java begins a thread for each task that names no executor, in place of the
 * pool that it has elsewhere. Pulsar has such a task for each topic that somebody asks for: hundreds of threads a second
 * while its consumers come back. So every broker in Java gets the pool here, too.
 */
export function taskPool(): string[] {
  return availableParallelism() > 2 ? [] : ['-Djava.util.concurrent.ForkJoinPool.common.parallelism=2'];
}
