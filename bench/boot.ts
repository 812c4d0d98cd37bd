// From BindPort to applied and durable on the host, at a steady rate, beside the broker's own publish to receive.
import { runBoot } from './boot/run.ts';
import { readBootOptions } from './boot/options.ts';
import { writeBootReport } from './boot/report.ts';
import { bootTable } from './boot/table.ts';
import { runExperiment } from './experiment.ts';

export async function boot(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readBootOptions(args);
  const result = await runExperiment(signal, (surroundings) => runBoot(options, surroundings));
  if (options.report) await writeBootReport(result, args);
  process.stdout.write(
    options.json ? `${JSON.stringify(result.figures)}\n` : `${bootTable(result.figures)}\n`,
  );
}
