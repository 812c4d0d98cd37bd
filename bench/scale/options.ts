import { fileURLToPath } from 'node:url';
import { UsageError, count, parseOptions } from '../usage.ts';
import { region } from './workload.ts';
import type { Workload } from './workload.ts';

export interface ScaleOptions {
  readonly json: boolean;
  readonly report: boolean;
  /** What the costs of deliveries are fitted to. */
  readonly from: string;
  /** What else is compared with the prediction. */
  readonly validate: readonly string[];
  readonly only: 'all' | 'validation' | 'store-calls';
  /** Of the machine on which the multicasts were measured. */
  readonly cores: number;
  readonly workload: Workload;
}

export const scaleUsage = `  scale            what a region of a million hosts takes, by calculation from measured costs
    --from FILE      result of the multicast bench to which costs are fitted (default the one that is kept)
    --cores N        of the machine where it was measured (default 2)
    --validate FILE  only compares what is predicted from its points up to 1,000 hosts, or those of --from, with all
                     that it measured; may be given several times, the first one is fitted
    --store-calls    only counts calls of the store for a change, on the embedded platform
    --hosts N        (default 1000000)
    --changes N      per second, on average (default 1157)
    --exponent N     of the sizes of VPCs: smaller, more large ones (default 1.1)
    --report         writes docs/benchmarks/scale.md and its pictures`;

const kept = (name: string): string => fileURLToPath(new URL(`measured/${name}`, import.meta.url));

export function readScaleOptions(args: readonly string[]): ScaleOptions {
  const values = parseOptions(args, {
    json: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    from: { type: 'string' },
    validate: { type: 'string', multiple: true, default: [] },
    'store-calls': { type: 'boolean', default: false },
    cores: { type: 'string', default: '2' },
    hosts: { type: 'string', default: String(region.hosts) },
    changes: { type: 'string', default: String(region.changesPerSecond) },
    exponent: { type: 'string', default: String(region.exponent) },
  });
  const [first] = values.validate;
  const exponent = Number(values.exponent);
  if (!(exponent > 0 && exponent < 10))
    throw new UsageError('--exponent must be a number above 0 and below 10');
  const from = values.from ?? first ?? kept('multicast.json');
  const others = values.validate.filter((path) => path !== from);
  return {
    json: values.json,
    report: values.report,
    from,
    validate: first === undefined && values.from === undefined ? [kept('multicast-10000.json')] : others,
    only: values['store-calls'] ? 'store-calls' : first === undefined ? 'all' : 'validation',
    cores: count('cores', values.cores, 1, 1_024),
    workload: {
      ...region,
      hosts: count('hosts', values.hosts, 1_000, 100_000_000),
      changesPerSecond: count('changes', values.changes, 1, 10_000_000),
      exponent,
    },
  };
}
