import { UsageError, count, parseOptions } from '../usage.ts';

export interface BootOptions {
  readonly json: boolean;
  readonly report: boolean;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly rate: number;
  readonly agents: number;
  readonly vpcs: number;
  readonly membersPerVpc: number;
  readonly workers: number;
  readonly clients: number;
  readonly infraNodes: number;
  /** Settings of the broker, where the bench starts it. */
  readonly broker: Readonly<Record<string, string>>;
}

export const bootUsage = `  boot             from BindPort to applied and durable on the host, beside the broker's own publish to receive
    --seconds N      measured, after the warm-up (default 60)
    --warmup N       seconds at the same rate that do not count (default 20)
    --rate N         ports bound per second (default 50)
    --agents N       hosts (default 200)
    --vpcs N         (default 100)
    --members N      hosts that each VPC begins with (default 4)
    --workers N      processes that the agents share (default 2)
    --clients N      Pulsar clients, and so connections, that the agents share (default 20)
    --infra-nodes N  (default 2)
    --broker name=value    setting of the broker that is started; may be given several times
    --report         writes docs/benchmarks/boot.md and boot.svg`;

export function readBootOptions(args: readonly string[]): BootOptions {
  const values = parseOptions(args, {
    json: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    warmup: { type: 'string', default: '20' },
    rate: { type: 'string', default: '50' },
    agents: { type: 'string', default: '200' },
    vpcs: { type: 'string', default: '100' },
    members: { type: 'string', default: '4' },
    workers: { type: 'string', default: '2' },
    clients: { type: 'string', default: '20' },
    'infra-nodes': { type: 'string', default: '2' },
    broker: { type: 'string', multiple: true, default: [] },
  });
  const number = (name: keyof typeof counts): number => {
    const [min, max] = counts[name];
    return count(name, values[name], min, max);
  };
  const rate = number('rate');
  return {
    json: values.json,
    report: values.report,
    seconds: number('seconds'),
    warmupSeconds: number('warmup'),
    rate,
    agents: number('agents'),
    vpcs: number('vpcs'),
    membersPerVpc: number('members'),
    workers: number('workers'),
    clients: number('clients'),
    infraNodes: number('infra-nodes'),
    broker: Object.fromEntries(values.broker.map(setting)),
  };
}

const counts = {
  seconds: [1, 86_400],
  warmup: [0, 86_400],
  rate: [1, 10_000],
  agents: [2, 100_000],
  vpcs: [1, 100_000],
  members: [1, 1_000],
  workers: [1, 64],
  clients: [1, 10_000],
  'infra-nodes': [1, 64],
} as const;

function setting(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError('--broker takes name=value');
  return [text.slice(0, at), text.slice(at + 1)];
}
