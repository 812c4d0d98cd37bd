// What a very large VPC takes of the memory of a server and an infrastructure node, and whether it stays at that.
import { table } from '../demo/table.ts';
import { runExperiment } from './experiment.ts';
import { readMemoryOptions } from './memory/options.ts';
import { runMemory } from './memory/run.ts';

export async function memory(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readMemoryOptions(args);
  const figures = await runExperiment(signal, (surroundings) => runMemory(options, surroundings));
  const rows = [
    { program: 'server', ...figures.server },
    { program: 'infra-node', ...figures.infra_node },
  ].map(({ program, start_mb, end_mb, max_mb, slope_percent_per_min, heap_end_mb }) => ({
    program,
    'start MB': start_mb,
    'end MB': end_mb,
    'max MB': max_mb,
    '% per minute': slope_percent_per_min,
    'heap MB': heap_end_mb,
  }));
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${table(rows)}\n`);
}
