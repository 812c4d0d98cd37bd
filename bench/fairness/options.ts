import { readCounts } from '../counts.ts';

export type FairnessOptions = ReturnType<typeof readFairnessOptions>;

export const fairnessUsage = `  fairness         what a VPC under a constant burst does to a quiet one
    --busy-hosts N   of the VPC under the burst, which its hosts read along (default 200)
    --quiet-hosts N  of the other one, which gets copies and shares no host with it (default 20)
    --quiet-rate N   changes per second of the quiet VPC (default 10)
    --seconds N      length of each measured part (default 20)
    --rounds N       each of them the quiet VPC alone and beside the busy one (default 4)
    --workers N      processes that the hosts share (default 4)
    --clients N      Pulsar clients, and so connections, that they share (default 20)
    --infra-nodes N  (default 1)`;

export function readFairnessOptions(args: readonly string[]) {
  return readCounts(args, {
    busyHosts: [200, 2, 10_000],
    quietHosts: [20, 1, 10_000],
    quietRate: [10, 1, 1_000],
    seconds: [20, 1, 3_600],
    rounds: [4, 1, 100],
    workers: [4, 1, 64],
    clients: [20, 1, 10_000],
    infraNodes: [1, 1, 64],
  });
}
