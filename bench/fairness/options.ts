import { parseArgs } from 'node:util';
import { UsageError, count } from '../usage.ts';

export interface FairnessOptions {
  readonly json: boolean;
  readonly busyHosts: number;
  readonly quietHosts: number;
  /** Changes per second of the quiet VPC. */
  readonly quietRate: number;
  readonly seconds: number;
  readonly workers: number;
  readonly clients: number;
  readonly infraNodes: number;
}

export const fairnessUsage = `  fairness         what a VPC under a constant burst does to a quiet one
    --busy-hosts N   of the VPC under the burst (default 200)
    --quiet-hosts N  of the other one, which shares no host with it (default 20)
    --quiet-rate N   changes per second of the quiet VPC (default 5)
    --seconds N      length of each measured part (default 40)
    --workers N      processes that the hosts share (default 4)
    --clients N      Pulsar clients, and so connections, that they share (default 20)
    --infra-nodes N  (default 1)`;

const counts = {
  'busy-hosts': [2, 10_000],
  'quiet-hosts': [1, 10_000],
  'quiet-rate': [1, 1_000],
  seconds: [1, 3_600],
  workers: [1, 64],
  clients: [1, 10_000],
  'infra-nodes': [1, 64],
} as const;

export function readFairnessOptions(args: readonly string[]): FairnessOptions {
  const values = parse(args);
  const number = (name: keyof typeof counts): number => {
    const [min, max] = counts[name];
    return count(name, values[name], min, max);
  };
  return {
    json: values.json,
    busyHosts: number('busy-hosts'),
    quietHosts: number('quiet-hosts'),
    quietRate: number('quiet-rate'),
    seconds: number('seconds'),
    workers: number('workers'),
    clients: number('clients'),
    infraNodes: number('infra-nodes'),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        'busy-hosts': { type: 'string', default: '200' },
        'quiet-hosts': { type: 'string', default: '20' },
        'quiet-rate': { type: 'string', default: '5' },
        seconds: { type: 'string', default: '40' },
        workers: { type: 'string', default: '4' },
        clients: { type: 'string', default: '20' },
        'infra-nodes': { type: 'string', default: '1' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
