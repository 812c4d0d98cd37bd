import { UsageError, count, countsIn, parseOptions } from '../usage.ts';
import { designs } from './designs/all.ts';

export interface MulticastOptions {
  readonly json: boolean;
  readonly designs: readonly string[];
  /** Ascending. */
  readonly hosts: readonly number[];
  readonly rounds: number;
  readonly messages: number;
  readonly intervalMs: number;
  readonly processes: number;
  readonly hostsPerPartition: number;
  readonly hostsPerConnection: number;
}

export const multicastUsage = `  multicast        from the publishing of one message until the last of many hosts has it, for several designs
    --designs A,B    of ${[...designs.keys()].join(',')} (default all)
    --hosts N,M      points (default 100,1000)
    --rounds N       each design in each of them, in another order (default 2)
    --messages N     multicasts that count, per round and point (default 30)
    --interval N     milliseconds from one to the next, if the former has reached everybody (default 200)
    --processes N    that the hosts share (default 4)
    --hosts-per-partition N     with Pulsar (default 1000)
    --hosts-per-connection N    where a client library can share one (default 100)`;

const counts = {
  rounds: [1, 100],
  messages: [1, 10_000],
  interval: [1, 60_000],
  processes: [1, 64],
  'hosts-per-partition': [1, 100_000],
  'hosts-per-connection': [1, 100_000],
} as const;

export function readMulticastOptions(args: readonly string[]): MulticastOptions {
  const values = parseOptions(args, {
    json: { type: 'boolean', default: false },
    designs: { type: 'string', default: [...designs.keys()].join(',') },
    hosts: { type: 'string', default: '100,1000' },
    rounds: { type: 'string', default: '2' },
    messages: { type: 'string', default: '30' },
    interval: { type: 'string', default: '200' },
    processes: { type: 'string', default: '4' },
    'hosts-per-partition': { type: 'string', default: '1000' },
    'hosts-per-connection': { type: 'string', default: '100' },
  });
  const number = (name: keyof typeof counts): number => {
    const [min, max] = counts[name];
    return count(name, values[name], min, max);
  };
  const chosen = unique(values.designs.split(','));
  for (const name of chosen) {
    if (!designs.has(name)) throw new UsageError(`--designs: there is no design ${JSON.stringify(name)}`);
  }
  return {
    json: values.json,
    designs: chosen,
    hosts: unique(countsIn('hosts', values.hosts, 1, 60_000)).sort((one, other) => one - other),
    rounds: number('rounds'),
    messages: number('messages'),
    intervalMs: number('interval'),
    processes: number('processes'),
    hostsPerPartition: number('hosts-per-partition'),
    hostsPerConnection: number('hosts-per-connection'),
  };
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
