import { parseArgs } from 'node:util';
import { UsageError, count } from '../usage.ts';

export interface BurstOptions {
  readonly json: boolean;
  readonly ports: number;
  readonly hosts: number;
  readonly processes: number;
  readonly clients: number;
  readonly rounds: number;
  readonly infraNodes: number;
}

export const burstUsage = `  burst            many ports made at once in a VPC, beside one message for each of them and each host
    --ports N        made in the VPC (default 2000)
    --hosts N        that take part in it (default 500)
    --processes N    that the hosts share (default 4)
    --clients N      Pulsar clients, and so connections, that they share (default 20)
    --rounds N       of the platform; the figure is their median (default 3)
    --infra-nodes N  (default 1)`;

const counts = {
  ports: [100, 100_000],
  hosts: [2, 10_000],
  processes: [1, 64],
  clients: [1, 10_000],
  rounds: [1, 20],
  'infra-nodes': [1, 64],
} as const;

export function readBurstOptions(args: readonly string[]): BurstOptions {
  const values = parse(args);
  const number = (name: keyof typeof counts): number => {
    const [min, max] = counts[name];
    return count(name, values[name], min, max);
  };
  return {
    json: values.json,
    ports: number('ports'),
    hosts: number('hosts'),
    processes: number('processes'),
    clients: number('clients'),
    rounds: number('rounds'),
    infraNodes: number('infra-nodes'),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        ports: { type: 'string', default: '2000' },
        hosts: { type: 'string', default: '500' },
        processes: { type: 'string', default: '4' },
        clients: { type: 'string', default: '20' },
        rounds: { type: 'string', default: '3' },
        'infra-nodes': { type: 'string', default: '1' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
