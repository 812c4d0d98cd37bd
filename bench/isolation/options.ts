import { UsageError, count, parseOptions } from '../usage.ts';

export interface IsolationOptions {
  readonly json: boolean;
  readonly agents: number;
  /** Share of the hosts that fail; half of them are killed, half of them are stopped. */
  readonly failing: number;
  /** They fail all at once in a VPC that has all its hosts, and share processes. */
  readonly vanish: boolean;
  readonly lane: 'copies' | 'fan-out';
  /** Share of the measured copy rate that is offered. */
  readonly load: number;
  /** What failing hosts are to be owed, in look-ahead limits. */
  readonly owed: number;
  readonly seconds: number;
  readonly workers: number;
  readonly clients: number;
  readonly infraNodes: number;
}

export const isolationUsage = `  isolation        what hosts that fail do to the others of their VPC, with the protection and, as a control, without
    --agents N       hosts of the VPC (default 1000)
    --failing S      share of the hosts that fail, half killed and half stopped, a process each (default 0.02)
    --vanish S       this share fails at once, in a VPC that has all its hosts; they share processes
    --lane L         how changes travel: copies (default), or fan-out, which has no control: nobody waits for a reader
    --load S         share of the measured copy rate that is offered (default 0.4)
    --owed N         what the failing hosts are to be owed, in look-ahead limits of the broker (default 2)
    --seconds N      length of each measured part (default 40)
    --workers N      processes that the other agents share (default 4)
    --clients N      Pulsar clients, and so connections, that they share (default 40)
    --infra-nodes N  (default 2)`;

export function readIsolationOptions(args: readonly string[]): IsolationOptions {
  const values = parseOptions(args, {
    json: { type: 'boolean', default: false },
    agents: { type: 'string', default: '1000' },
    failing: { type: 'string', default: '0.02' },
    vanish: { type: 'string' },
    lane: { type: 'string', default: 'copies' },
    load: { type: 'string', default: '0.4' },
    owed: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '40' },
    workers: { type: 'string', default: '4' },
    clients: { type: 'string', default: '40' },
    'infra-nodes': { type: 'string', default: '2' },
  });
  const { vanish } = values;
  return {
    json: values.json,
    agents: count('agents', values.agents, 20, 100_000),
    failing: vanish === undefined ? share('failing', values.failing) : share('vanish', vanish),
    vanish: vanish !== undefined,
    lane: lane(values.lane),
    load: share('load', values.load),
    owed: positive('owed', values.owed),
    seconds: count('seconds', values.seconds, 1, 3_600),
    workers: count('workers', values.workers, 1, 64),
    clients: count('clients', values.clients, 1, 10_000),
    infraNodes: count('infra-nodes', values['infra-nodes'], 1, 64),
  };
}

function share(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new UsageError(`--${name} must be above 0 and below 1`);
  return value;
}

function lane(text: string): IsolationOptions['lane'] {
  if (text !== 'copies' && text !== 'fan-out') throw new UsageError('--lane must be copies or fan-out');
  return text;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1_000)) throw new UsageError(`--${name} must be above 0`);
  return value;
}
