// How soon many new ports are on every host of their VPC, beside one message for each port and host.
import { table } from '../demo/table.ts';
import { readBurstOptions } from './burst/options.ts';
import { runBurst } from './burst/run.ts';
import { runExperiment } from './experiment.ts';

export async function burst(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readBurstOptions(args);
  const figures = await runExperiment(signal, (surroundings) => runBurst(options, surroundings));
  const { host_updates, vpcast_s, host_updates_per_s, per_update_s, ratio } = figures;
  const shown = table([{ host_updates, vpcast_s, host_updates_per_s, per_update_s, ratio }]);
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${shown}\n`);
}
