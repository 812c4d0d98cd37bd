import { barChartSvg } from '../bar-chart-svg.ts';
import { grid } from '../markdown-grid.ts';
import type { PartialFigures } from '../partial/figures.ts';
import { measuredOn, short } from './machine.ts';
import type { Figures } from './page.ts';

export function partialReport(figures: PartialFigures): Figures {
  const { hosts, audience, changes, bursts, rounds, ratio, ratio_quartiles, ratio_range } = figures;
  const programs = Object.keys(figures.vpcast_cpu_us_per_copy);
  const costs = grid(
    ['processor time per copy, us', ...programs],
    [
      ['vpcast', ...programs.map((name) => short(figures.vpcast_cpu_us_per_copy[name] ?? 0))],
      ['bare producer', ...programs.map((name) => short(figures.bare_cpu_us_per_copy[name] ?? 0))],
    ],
  );
  const text = `${measuredOn(figures)} ${hosts.toLocaleString('en-US')} hosts, of which each change concerns ${audience}; ${rounds.length} pairs of ${bursts} bursts, ${changes} changes each.

${grid(
  ['', ''],
  [
    ['vpcast, copies per second', short(figures.vpcast_per_s)],
    ['bare producer, messages per second', short(figures.bare_per_s)],
    ['ratio, median of the pairs', `${ratio} (aim 0.8 at least)`],
    ['half of the pairs; all', `${ratio_quartiles.join(' to ')}; ${ratio_range.join(' to ')}`],
    ['copies of a burst', short(figures.copies_per_burst)],
    ['empty copies for each of these', short(figures.empty_per_copy)],
    ['bytes of a copy', short(figures.payload_bytes)],
    ['consumers, connections', `${short(figures.consumers)}, ${short(figures.connections)}`],
  ],
)}

${costs}`;
  const svg = barChartSvg({
    title: 'Copies to the audience, by pair',
    unit: 'per second',
    series: ['vpcast', 'bare producer'],
    groups: rounds.map(({ vpcast_per_s, bare_per_s }, n) => ({
      name: String(n + 1),
      values: [Math.round(vpcast_per_s), Math.round(bare_per_s)],
    })),
  });
  const pictures = { '': { svg, alt: 'copies per second of each pair' } };
  return { page: 'partial', name: 'partial', text, pictures };
}
