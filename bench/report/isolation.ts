import { barChartSvg } from '../bar-chart-svg.ts';
import type { TimesFigures } from '../isolation/figures.ts';
import type { IsolationFigures } from '../isolation/run.ts';
import { grid } from '../markdown-grid.ts';
import { measuredOn, short } from './machine.ts';
import type { Figures } from './page.ts';

export function isolationReport(figures: IsolationFigures): Figures {
  const { fault, lane, killed, stopped, agents, control } = figures;
  const variant = lane === 'fan-out' ? '-fan-out' : fault === 'vanished' ? '-vanish' : '';
  const hosts = agents - killed - stopped;
  const rows: (readonly [string, TimesFigures, number | undefined])[] = [
    ['nobody fails', figures.healthy, undefined],
    [`${killed + stopped} hosts fail and have failed`, figures.faulty, figures.replay_max],
    ...(control === undefined
      ? []
      : [['control, no windows and no leases', control, control.replay_max] as const]),
  ];
  const text = `${measuredOn(figures)} ${agents.toLocaleString('en-US')} hosts, ${killed} killed and ${stopped} stopped.

${grid(
  ['', 'p50 ms', 'p99 ms', 'max ms', 'frozen hosts', 'most in replay'],
  rows.map(([name, times, replay]) => [
    name,
    ...[times.p50_ms, times.p99_ms, times.max_ms].map(short),
    `${times.frozen_hosts} of ${hosts}`,
    replay === undefined ? '' : short(replay),
  ]),
)}

The ratio of the p99 is ${figures.ratio_p99} (aim 1.5 at most), that of the medians ${figures.ratio_p50}; ${short(figures.offered_copies_per_s)} copies per second were offered of ${short(figures.copies_per_s)} that could be delivered. The failed hosts were owed ${short(figures.owed)} copies, ${figures.owed_limits} limits.`;
  const svg = barChartSvg({
    title: 'From the answer to applied on a host that did not fail',
    unit: 'ms',
    series: ['p50', 'p90', 'p99'],
    // What did not come has no time.
    groups: rows.slice(0, 2).map(([name, times]) => ({
      name,
      values: [times.p50_ms, times.p90_ms, times.p99_ms].map(Math.round),
    })),
  });
  const pictures = { '': { svg, alt: 'times with and without failures' } };
  return { page: 'isolation', name: `isolation${variant}`, text, pictures };
}
