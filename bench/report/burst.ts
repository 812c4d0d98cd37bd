import { barChartSvg } from '../bar-chart-svg.ts';
import type { BurstFigures } from '../burst/run.ts';
import { grid } from '../markdown-grid.ts';
import { measuredOn, short } from './machine.ts';
import type { Figures } from './page.ts';

export function burstReport(figures: BurstFigures): Figures {
  const { ports, hosts, vpcast_rounds_s: rounds, per_update_s } = figures;
  const text = `${measuredOn(figures)} ${ports.toLocaleString('en-US')} ports on ${hosts.toLocaleString('en-US')} hosts: ${figures.host_updates.toLocaleString('en-US')} host updates.

${grid(
  ['', ''],
  [
    [
      `vpcast, ${rounds.length} rounds`,
      `${rounds.join(', ')} s; ${short(figures.host_updates_per_s)} host updates per second`,
    ],
    ['all calls answered', `${figures.answered_s} s`],
    ['one message for each update and host', `${per_update_s} s`],
    ['ratio', `${figures.ratio} (aim 20)`],
  ],
)}`;
  const svg = barChartSvg({
    title: 'Until the last host has the last port',
    unit: 's',
    series: ['seconds'],
    groups: [
      ...rounds.map((seconds, n) => ({ name: `vpcast, round ${n + 1}`, values: [seconds] })),
      { name: 'one message for each update', values: [per_update_s] },
    ],
  });
  const pictures = { '': { svg, alt: 'seconds of each round' } };
  return { page: 'burst', name: 'burst', text, pictures };
}
