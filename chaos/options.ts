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
  /** Restarts in place of faults. */
  readonly rolling: boolean;
  readonly json: boolean;
}

export const usage = `usage: npm run chaos -- [options]: real processes, a random workload, and faults
  --seed N               of the faults and the workload (default 1)
  --minutes N            how long faults and workload last (default 3, the least that counts)
  --rolling              no faults; each program is asked to end and started again, in turn, while writes go on
  --agents N             hosts, each with an agent (default 20; with --rolling 200)
  --workers N            processes that the agents share (default 4; with --rolling 10)
  --rate N               writes begun per second, at most (default 25; with --rolling 200)
  --appendfsync POLICY   of Redis: always (default), or everysec, which may lose what it acknowledged
  --bug NAME             seeds a bug that the run should find: ${bugs.join(', ')}
  --json                 one JSON object on standard output, and nothing else there
  --help
exit status 0: nothing was lost, differs or came back (nor, with --rolling, did a call fail or a program end badly); 1: else; 2: wrong usage`;

const defaults = { agents: '20', workers: '4', rate: '25' };

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
  const { rolling, minutes = '3' } = values;
  if (rolling && values.minutes !== undefined) throw new UsageError('--minutes says nothing with --rolling');
  const usual = rolling ? { agents: '200', workers: '10', rate: '200' } : defaults;
  const agents = count('agents', values.agents ?? usual.agents, 2, 1_000);
  return {
    seed: count('seed', values.seed, 0, 2 ** 32 - 1),
    minutes: count('minutes', minutes, 1, 24 * 60),
    agents,
    workers: Math.min(agents, count('workers', values.workers ?? usual.workers, 1, 64)),
    rate: count('rate', values.rate ?? usual.rate, 1, 10_000),
    appendfsync,
    bug,
    rolling,
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: '1' },
        minutes: { type: 'string' },
        rolling: { type: 'boolean', default: false },
        agents: { type: 'string' },
        workers: { type: 'string' },
        rate: { type: 'string' },
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
