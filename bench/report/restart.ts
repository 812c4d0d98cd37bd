import { barChartSvg } from '../bar-chart-svg.ts';
import { grid } from '../markdown-grid.ts';
import type { RestartFigures } from '../restart/run.ts';
import { measuredOn, short } from './machine.ts';
import type { Figures } from './page.ts';

export function restartReport(figures: RestartFigures): Figures {
  const { raw, agents } = figures;
  const rows = [
    ['agents', figures],
    ['bare client library', raw],
  ] as const;
  const text = `${measuredOn(figures)} ${agents.toLocaleString('en-US')} agents.

${grid(
  ['', 'consumers', 'connections', 'broker serves, s', 'consumers back, s'],
  rows.map(([name, own]) => [
    name,
    ...[own.consumers, own.connections, own.broker_serves_s, own.consumers_back_s].map(short),
  ]),
)}

Consumers are back after ${figures.ratio} times what the bare ones take, ${figures.ratio_since_serving} times since the broker serves. The ${figures.writes_during_outage} changes made during the outage were on all hosts ${short(figures.outage_writes_applied_s)} s after the kill; the last of the ${figures.writes_after} after it ${short(figures.applied_after_last_write_s)} s after it was made.`;
  const svg = barChartSvg({
    title: 'After the broker was killed and started again',
    unit: 's',
    series: ['broker serves', 'consumers back'],
    groups: rows.map(([name, { broker_serves_s, consumers_back_s }]) => ({
      name,
      values: [broker_serves_s, consumers_back_s],
    })),
  });
  const pictures = { '': { svg, alt: 'seconds until consumers are back' } };
  return { page: 'restart', name: 'restart', text, pictures };
}
