import { readCounts } from '../counts.ts';

export type BurstOptions = ReturnType<typeof readBurstOptions>;

export const burstUsage = `  burst            many ports made at once in a VPC, beside one message for each of them and each host
    --ports N        made in the VPC (default 2000)
    --hosts N        that take part in it (default 500)
    --processes N    that the hosts share (default 4)
    --clients N      Pulsar clients, and so connections, that they share (default 20)
    --rounds N       of the platform; the figure is their median (default 3)
    --infra-nodes N  (default 1)`;

export function readBurstOptions(args: readonly string[]) {
  return readCounts(args, {
    ports: [2_000, 100, 100_000],
    hosts: [500, 2, 10_000],
    processes: [4, 1, 64],
    clients: [20, 1, 10_000],
    rounds: [3, 1, 20],
    infraNodes: [1, 1, 64],
  });
}
