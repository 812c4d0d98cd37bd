import { commit } from '../machine.ts';
import { UsageError } from '../usage.ts';
import { knownCosts, sources } from './costs.ts';
import type { Cost, CostName } from './costs.ts';
import type { DesignCosts } from './fit.ts';
import { readMulticast } from './multicast-result.ts';
import type { MeasuredMulticast } from './multicast-result.ts';
import type { ScaleOptions } from './options.ts';
import { laneFigures, lanes, regionFigures } from './region.ts';
import type { LaneFigures, RegionCosts, RegionFigures } from './region.ts';
import { fitted, validate } from './validate.ts';
import type { Validation } from './validate.ts';
import type { Workload } from './workload.ts';

export interface ScaleResult {
  readonly experiment: 'scale';
  readonly region: RegionFigures;
  /** The same with other assumptions. */
  readonly sensitivity: readonly Variation[];
  readonly validation: Validation;
  readonly fitted: Readonly<Record<'readers' | 'copies', DesignCosts>>;
  readonly measured: Pick<MeasuredMulticast, 'commit' | 'date' | 'load_average'>;
  readonly costs: Readonly<Record<CostName, Cost>>;
  readonly commit: string;
}

export interface Variation {
  readonly name: string;
  readonly lanes: readonly LaneFigures[];
}

export async function runValidation(options: ScaleOptions): Promise<Validation> {
  const from = await readMulticast(options.from);
  return validate(from, await Promise.all(options.validate.map(readMulticast)), options.cores);
}

export async function runScale(options: ScaleOptions): Promise<ScaleResult> {
  const { workload, cores } = options;
  const { commit: measuredCommit, date, ...from } = await readMulticast(options.from);
  const result = { ...from, commit: measuredCommit, date };
  const readers = needed(result, 'readers');
  const copies = needed(result, 'copies');
  const known: RegionCosts = {
    costs: knownCosts(),
    broker: {
      copiesUs: copies.brokerUs,
      readersUs: readers.brokerUs,
      copiesTail: copies.tail,
      readersTail: readers.tail,
    },
    joinUs: copies.joinUs.slope,
    benchCores: cores,
  };
  return {
    experiment: 'scale',
    region: regionFigures(workload, known),
    sensitivity: variations(workload, known),
    validation: await runValidation(options),
    fitted: { readers, copies },
    measured: { commit: measuredCommit, date, load_average: from.load_average },
    costs: sources,
    commit: await commit(),
  };
}

function needed(result: MeasuredMulticast, design: string): DesignCosts {
  const costs = fitted(result, design);
  if (costs === undefined)
    throw new UsageError(`there are no two points of ${design} with at most 1,000 hosts`);
  return costs;
}

function variations(workload: Workload, known: RegionCosts): Variation[] {
  const varied: Record<string, Partial<Workload>> = {
    'as above': {},
    'exponent 1.0, more large VPCs': { exponent: 1 },
    'exponent 1.3, fewer': { exponent: 1.3 },
    'a tenth of the changes': { changesPerSecond: workload.changesPerSecond / 10 },
    'largest VPC 10,000 ports': { largest: 10_000 },
  };
  return Object.entries(varied).map(([name, change]) => ({
    name,
    lanes: lanes.map((lane) => laneFigures(lane, { ...workload, ...change }, known)),
  }));
}
