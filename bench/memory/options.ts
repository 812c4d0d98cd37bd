import { readCounts } from '../counts.ts';

export type MemoryOptions = ReturnType<typeof readMemoryOptions>;

export const memoryUsage = `  memory           memory of a server and an infrastructure node with a very large VPC, while it changes
    --ports N        in the VPC (default 100000)
    --hosts N        that take part in it; they report what they are sent and keep nothing of it (default 10000)
    --minutes N      of changes at a steady rate (default 10)
    --rate N         changes per second (default 10)
    --warm-up N      seconds at the beginning of these that the slope leaves out (default 120)`;

export function readMemoryOptions(args: readonly string[]) {
  return readCounts(args, {
    ports: [100_000, 100, 250_000],
    hosts: [10_000, 2, 60_000],
    minutes: [10, 1, 600],
    rate: [10, 1, 1_000],
    warmUp: [120, 0, 3_600],
  });
}
