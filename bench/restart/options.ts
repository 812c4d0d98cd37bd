import { parseArgs } from 'node:util';
import { UsageError, count } from '../usage.ts';

export interface RestartOptions {
  readonly json: boolean;
  readonly agents: number;
  readonly vpcsPerHost: number;
  readonly hostsPerVpc: number;
  readonly workers: number;
  readonly clients: number;
  readonly infraNodes: number;
  /** Changes per second from the end of the broker on. */
  readonly rate: number;
}

export const restartUsage = `  restart          a broker that is killed and started again under many agents, beside bare consumers of the same number
    --agents N       hosts (default 2000)
    --vpcs-per-host N      (default 3)
    --hosts-per-vpc N      (default 20)
    --workers N      processes that the agents share, and the bare consumers (default 4)
    --clients N      Pulsar clients, and so connections, that they share (default 80)
    --rate N         changes per second meanwhile, spread over the VPCs (default 20)
    --infra-nodes N  (default 2)`;

const counts = {
  agents: [1, 100_000],
  'vpcs-per-host': [1, 100],
  'hosts-per-vpc': [1, 500],
  workers: [1, 64],
  clients: [1, 10_000],
  rate: [1, 10_000],
  'infra-nodes': [1, 64],
} as const;

export function readRestartOptions(args: readonly string[]): RestartOptions {
  const values = parse(args);
  const number = (name: keyof typeof counts): number => {
    const [min, max] = counts[name];
    return count(name, values[name], min, max);
  };
  return {
    json: values.json,
    agents: number('agents'),
    vpcsPerHost: number('vpcs-per-host'),
    hostsPerVpc: number('hosts-per-vpc'),
    workers: number('workers'),
    clients: number('clients'),
    rate: number('rate'),
    infraNodes: number('infra-nodes'),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        agents: { type: 'string', default: '2000' },
        'vpcs-per-host': { type: 'string', default: '3' },
        'hosts-per-vpc': { type: 'string', default: '20' },
        workers: { type: 'string', default: '4' },
        clients: { type: 'string', default: '80' },
        rate: { type: 'string', default: '20' },
        'infra-nodes': { type: 'string', default: '2' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
