// What two infrastructure nodes make of the copies of one large VPC, beside one node alone.
import { runExperiment } from './experiment.ts';
import { readSplitOptions } from './split/options.ts';
import { runSplit } from './split/run.ts';
import { splitTable } from './split/table.ts';

export async function split(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readSplitOptions(args);
  const figures = await runExperiment(signal, (surroundings) => runSplit(options, surroundings));
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${splitTable(figures)}\n`);
}
