import { readCounts } from '../counts.ts';

export type PartialOptions = ReturnType<typeof readPartialOptions>;

export const partialUsage = `  partial          copies to a small part of a large VPC's hosts, beside a bare producer with a key per message
    --hosts N        of the VPC, all of which listen (default 5000)
    --audience N     that the changes concern (default 100)
    --changes N      of a burst; 0 = as many as a host's window lets be outstanding (default 0)
    --bursts N       of a round, a second and a half apart (default 5)
    --rounds N       of the platform and of the bare producer, in pairs (default 12)
    --processes N    that the hosts share (default 4)
    --clients N      Pulsar clients, and so connections, that they share (default 50)`;

export function readPartialOptions(args: readonly string[]) {
  return readCounts(args, {
    hosts: [5_000, 2, 10_000],
    audience: [100, 1, 5_000],
    changes: [0, 0, 100],
    bursts: [5, 1, 100],
    rounds: [12, 1, 100],
    processes: [4, 1, 64],
    clients: [50, 1, 10_000],
  });
}
