import { readCounts } from '../counts.ts';

export type SplitOptions = ReturnType<typeof readSplitOptions>;

export const splitUsage = `  split            what two infrastructure nodes make of one large VPC's copies, beside one node alone
    --hosts N        hosts of the VPC; nobody plays them, their copies wait at the broker (default 10000)
    --chunk-hosts N  (default 250)
    --tasks N        changes of a round that are measured, each of them a copy for every host (default 10)
    --warm-ups N     changes before them (default 5)
    --rounds N       of one node and of two (default 2)`;

export function readSplitOptions(args: readonly string[]) {
  return readCounts(args, {
    hosts: [10_000, 2, 100_000],
    chunkHosts: [250, 1, 10_000],
    tasks: [10, 1, 1_000],
    warmUps: [5, 0, 1_000],
    rounds: [2, 1, 20],
  });
}
