import { parseArgs } from 'node:util';
import { UsageError, count } from '../bench/usage.ts';
import { bugs } from './bugs.ts';
import type { Bug } from './bugs.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly agents: number;
  readonly workers: number;
  /** Writes begun per second, at most. */
  readonly rate: number;
  readonly appendfsync: 'always' | 'everysec';
  readonly bug: Bug | undefined;
  readonly json: boolean;
}

export const usage = `usage: npm run chaos -- [options]: real processes, a random workload, and faults
  --seed N               of the faults and the workload (default 1)
  --minutes N            how long faults and workload last (default 3, the least that counts)
  --agents N             hosts, each with an agent (default 20)
  --workers N            processes that the agents share (default 4)
  --rate N               writes begun per second, at most (default 25)
  --appendfsync POLICY   of Redis: always (default), or everysec, which may lose what it acknowledged
  --bug NAME             seeds a bug that the run should find: ${bugs.join(', ')}
  --json                 one JSON object on standard output, and nothing else there
  --help
exit status 0: nothing was lost, differs or came back; 1: something was, or did not settle; 2: wrong usage`;

/** Undefined = help was asked for. Throws UsageError. */
export function readOptions(args: readonly string[]): ChaosOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const { appendfsync } = values;
  if (appendfsync !== 'always' && appendfsync !== 'everysec') {
    throw new UsageError('--appendfsync must be always or everysec');
  }
  const bug = bugs.find((each) => each === values.bug);
  if (values.bug !== undefined && bug === undefined) {
    throw new UsageError(`--bug must be one of ${bugs.join(', ')}`);
  }
  const agents = count('agents', values.agents, 2, 1_000);
  return {
    seed: count('seed', values.seed, 0, 2 ** 32 - 1),
    minutes: count('minutes', values.minutes, 1, 24 * 60),
    agents,
    workers: Math.min(agents, count('workers', values.workers, 1, 64)),
    rate: count('rate', values.rate, 1, 10_000),
    appendfsync,
    bug,
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: '1' },
        minutes: { type: 'string', default: '3' },
        agents: { type: 'string', default: '20' },
        workers: { type: 'string', default: '4' },
        rate: { type: 'string', default: '25' },
        appendfsync: { type: 'string', default: 'always' },
        bug: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
