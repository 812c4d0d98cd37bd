import { table } from '../../demo/table.ts';
import type { Stage, Stages } from './figures.ts';
import type { BootFigures } from './run.ts';

/** For a terminal. */
export function bootTable(figures: BootFigures): string {
  const { raw, member, joining, disk, processor } = figures;
  const rows = Object.entries({ raw, member, joining, 'disk sync': disk }).map(([what, summary]) => ({
    what,
    'p50 ms': summary.p50_ms,
    'p90 ms': summary.p90_ms,
    'p99 ms': summary.p99_ms,
    'max ms': summary.max_ms,
    samples: summary.samples,
    'p99 / raw': 'ratio_p99' in summary ? summary.ratio_p99 : '',
  }));
  const cores = Object.entries(processor).map(([program, used]) => ({ program, 'busy cores': used }));
  return [
    table(rows),
    stageTable('member', member.stages),
    stageTable('joining', joining.stages),
    table(cores),
  ].join('\n\n');
}

function stageTable(kind: string, stages: Stages): string {
  return table(
    (Object.entries(stages) as [keyof Stages, Stage][]).map(([stage, { p50_ms, p99_ms, in_slowest_ms }]) => ({
      [`${kind}: until`]: stage,
      'p50 ms': p50_ms,
      'p99 ms': p99_ms,
      'in the slowest 1 %, ms': in_slowest_ms,
    })),
  );
}
