import { table } from '../../demo/table.ts';
import type { RunFigures, SplitFigures } from './run.ts';

/** For a terminal. */
export function splitTable({ one, two, kills }: SplitFigures): string {
  const row = (nodes: string, figures: RunFigures) => ({
    nodes,
    'copies/s': figures.copies_per_s,
    'CPU, s': figures.cpu_s.join(' + '),
    chunks: figures.chunks,
    'taken by the other': figures.chunks_taken,
  });
  const facts = Object.entries({
    'shares of two nodes': two.shares.join(' and '),
    'CPU of two against one': two.cpu_ratio,
    'time of two against one': two.time_ratio,
  }).map(([what, value]) => ({ what, value }));
  return [table([row('one', one), row('two', two)]), table(facts), table(kills)].join('\n\n');
}
