// How long hosts need after their broker was killed and started again, beside bare consumers of the same number.
import { runExperiment } from './experiment.ts';
import { readRestartOptions } from './restart/options.ts';
import { runRestart } from './restart/run.ts';
import { restartTable } from './restart/table.ts';

export async function restart(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readRestartOptions(args);
  const figures = await runExperiment(signal, (surroundings) => runRestart(options, surroundings));
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${restartTable(figures)}\n`);
}
