import { UsageError, countsIn, parseOptions } from '../usage.ts';

export interface TopicsOptions {
  readonly json: boolean;
  /** Ascending. */
  readonly totals: readonly number[];
  readonly namespaces: readonly number[];
}

export const topicsUsage = `  topics           many topics of one partition, in one namespace or spread over several
    --totals N,...   that there are when it is measured (default 1000,5000,10000)
    --namespaces N,...    that they are spread over, each with a broker of its own (default 1,10)`;

export function readTopicsOptions(args: readonly string[]): TopicsOptions {
  const values = parseOptions(args, {
    json: { type: 'boolean', default: false },
    totals: { type: 'string', default: '1000,5000,10000' },
    namespaces: { type: 'string', default: '1,10' },
  });
  const totals = countsIn('totals', values.totals, 100, 1_000_000);
  if (totals.some((total, i) => i > 0 && total <= totals[i - 1]!)) {
    throw new UsageError('--totals must ascend');
  }
  return {
    json: values.json,
    totals,
    namespaces: countsIn('namespaces', values.namespaces, 1, 100),
  };
}
