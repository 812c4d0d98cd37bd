import { readCounts } from '../counts.ts';

export type RestartOptions = ReturnType<typeof readRestartOptions>;

export const restartUsage = `  restart          a broker that is killed and started again under many agents, beside bare consumers of the same number
    --agents N       hosts (default 2000)
    --vpcs-per-host N      (default 3)
    --hosts-per-vpc N      (default 20)
    --workers N      processes that the agents share, and the bare consumers (default 4)
    --clients N      Pulsar clients, and so connections, that they share (default 80)
    --rate N         changes per second from the end of the broker on, spread over the VPCs (default 20)
    --infra-nodes N  (default 2)`;

export function readRestartOptions(args: readonly string[]) {
  return readCounts(args, {
    agents: [2_000, 1, 100_000],
    vpcsPerHost: [3, 1, 100],
    hostsPerVpc: [20, 1, 500],
    workers: [4, 1, 64],
    clients: [80, 1, 10_000],
    rate: [20, 1, 10_000],
    infraNodes: [2, 1, 64],
  });
}
