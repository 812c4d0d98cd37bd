// What hosts that are killed or stopped do to the others of their VPC, on a broker with its default limits.
import { runExperiment } from './experiment.ts';
import { readIsolationOptions } from './isolation/options.ts';
import { runIsolation } from './isolation/run.ts';
import { isolationTable } from './isolation/table.ts';

export async function isolation(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readIsolationOptions(args);
  const figures = await runExperiment(signal, (surroundings) => runIsolation(options, surroundings));
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${isolationTable(figures)}\n`);
}
