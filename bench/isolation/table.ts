import { table } from '../../demo/table.ts';
import type { TimesFigures } from './figures.ts';
import type { IsolationFigures } from './run.ts';

/** For a terminal. */
export function isolationTable(figures: IsolationFigures): string {
  const { while_failing: failing, after_failing: after, small_vpc: small, control } = figures;
  const rows: [string, TimesFigures | undefined][] = [
    ['nobody fails', figures.healthy],
    [figures.fault, figures.faulty],
    ['nobody fails, weighted load', failing?.healthy],
    ['while they fail, weighted load', failing?.faulty],
    ['nobody fails, whole load', after.healthy],
    ['after they failed, whole load', after.faulty],
    ['before they fail, small VPC', small?.healthy],
    ['while they fail, small VPC', small?.faulty],
    ['control, no protection', control],
  ];
  const times = rows.flatMap(([what, summary]) => {
    if (summary === undefined) return [];
    const { p50_ms, p99_ms, max_ms, samples, frozen_hosts } = summary;
    return [
      { what, 'p50 ms': p50_ms, 'p99 ms': p99_ms, 'max ms': max_ms, samples, 'frozen hosts': frozen_hosts },
    ];
  });
  const facts = Object.entries({
    'p99 against nobody failing': figures.ratio_p99,
    'copies per second, at most': figures.copies_per_s,
    'copies per second, offered': figures.offered_copies_per_s,
    'owed, in look-ahead limits': figures.owed_limits,
    'in replay at most': figures.replay_max,
    'in replay at most, control': control?.replay_max ?? '',
    'the control froze': control === undefined ? '' : figures.control_froze ? 'yes' : 'no',
  }).map(([what, value]) => ({ what, value }));
  return [table(times), table(facts)].join('\n\n');
}
