// What a change costs that concerns a small part of a large VPC, beside a bare producer that sends as many copies.
import { table } from '../demo/table.ts';
import { runExperiment } from './experiment.ts';
import { readPartialOptions } from './partial/options.ts';
import { runPartial } from './partial/run.ts';

export async function partial(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readPartialOptions(args);
  const figures = await runExperiment(signal, (surroundings) => runPartial(options, surroundings));
  const { hosts, audience, vpcast_per_s, bare_per_s, ratio, ratio_quartiles, empty_per_copy } = figures;
  const spread = ratio_quartiles.join(' to ');
  const shown = table([{ hosts, audience, vpcast_per_s, bare_per_s, ratio, spread, empty_per_copy }]);
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${shown}\n`);
}
