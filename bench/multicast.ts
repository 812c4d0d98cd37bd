// One message to many hosts, until the last of them has it: several designs beside each other.
import { runExperiment } from './experiment.ts';
import { readMulticastOptions } from './multicast/options.ts';
import { runMulticast } from './multicast/run.ts';
import { multicastTable } from './multicast/table.ts';

export async function multicast(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readMulticastOptions(args);
  const result = await runExperiment(signal, (surroundings) => runMulticast(options, surroundings));
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${multicastTable(result)}\n`);
}
