import { parseArgs } from 'node:util';
import { UsageError, count } from '../usage.ts';

export interface SplitOptions {
  readonly json: boolean;
  readonly hosts: number;
  readonly chunkHosts: number;
  /** Changes that are measured, each of them a copy for every host. */
  readonly tasks: number;
  /** Changes before them, for connections and compiled code. */
  readonly warmUps: number;
}

export const splitUsage = `  split            what two infrastructure nodes make of one large VPC's copies, beside one node alone
    --hosts N        hosts of the VPC; nobody plays them, their copies wait at the broker (default 10000)
    --chunk-hosts N  (default 250)
    --tasks N        changes that are measured, each of them a copy for every host (default 10)
    --warm-ups N     changes before them (default 5)`;

export function readSplitOptions(args: readonly string[]): SplitOptions {
  const values = parse(args);
  return {
    json: values.json,
    hosts: count('hosts', values.hosts, 2, 100_000),
    chunkHosts: count('chunk-hosts', values['chunk-hosts'], 1, 10_000),
    tasks: count('tasks', values.tasks, 1, 1_000),
    warmUps: count('warm-ups', values['warm-ups'], 0, 1_000),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        hosts: { type: 'string', default: '10000' },
        'chunk-hosts': { type: 'string', default: '250' },
        tasks: { type: 'string', default: '10' },
        'warm-ups': { type: 'string', default: '5' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
