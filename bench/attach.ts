// What it costs the broker that a host begins to read along, or to listen on a slot, and that it ceases to.
import { table } from '../demo/table.ts';
import { readAttachOptions } from './attach/options.ts';
import { runAttach } from './attach/run.ts';
import { runExperiment } from './experiment.ts';

export async function attach(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readAttachOptions(args);
  const figures = await runExperiment(signal, (surroundings) => runAttach(options, surroundings));
  const rows = [
    ...figures.readers.map((point) => ({ what: 'readers', ...point })),
    ...figures.consumers.map((point) => ({ what: 'sticky consumers', ...point })),
  ];
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${table(rows)}\n`);
}
