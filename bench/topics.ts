// What many topics in a namespace cost: to make them, to list them, to use one, and to serve again after a restart.
import { table } from '../demo/table.ts';
import { runExperiment } from './experiment.ts';
import { readTopicsOptions } from './topics/options.ts';
import { runTopics } from './topics/run.ts';

export async function topics(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readTopicsOptions(args);
  const figures = await runExperiment(signal, (surroundings) => runTopics(options, surroundings));
  const rows = figures.layouts.flatMap(({ namespaces, points }) =>
    points.map((point) => ({ namespaces, ...point })),
  );
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${table(rows)}\n`);
}
