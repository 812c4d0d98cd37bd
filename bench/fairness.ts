// What a VPC under a constant burst does to a quiet one.
import { table } from '../demo/table.ts';
import { runExperiment } from './experiment.ts';
import { readFairnessOptions } from './fairness/options.ts';
import { runFairness } from './fairness/run.ts';

export async function fairness(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readFairnessOptions(args);
  const figures = await runExperiment(signal, (surroundings) => runFairness(options, surroundings));
  const rows = [
    { what: 'the quiet VPC alone', 'p50 ms': figures.alone.p50_ms, 'p99 ms': figures.alone.p99_ms },
    {
      what: 'beside the busy one',
      'p50 ms': figures.beside_busy.p50_ms,
      'p99 ms': figures.beside_busy.p99_ms,
    },
    { what: 'ratio', 'p50 ms': figures.ratio_p50, 'p99 ms': figures.ratio_p99 },
  ];
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${table(rows)}\n`);
}
