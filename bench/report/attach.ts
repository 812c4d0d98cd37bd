import type { AttachFigures } from '../attach/run.ts';
import { barChartSvg } from '../bar-chart-svg.ts';
import { grid } from '../markdown-grid.ts';
import { measuredOn, short } from './machine.ts';
import type { Figures } from './page.ts';

export function attachReport(figures: AttachFigures): Figures {
  const { readers, consumers, rounds, clients } = figures;
  const rows = [
    ...readers.map((point) => ({ what: 'readers', ...point })),
    ...consumers.map((point) => ({ what: 'sticky consumers', ...point })),
  ];
  const text = `${measuredOn(figures)} Medians of ${rounds} rounds, over ${clients} connections.

${grid(
  ['', 'at a time', 'to come, us of the broker', 'to go, us', 'come per second'],
  rows.map(({ what, count, attach_us, detach_us, attached_per_s }) => [
    what,
    ...[count, attach_us, detach_us, attached_per_s].map(short),
  ]),
)}`;
  const svg = barChartSvg({
    title: 'Processor time of the broker for each that comes and goes',
    unit: 'us',
    series: ['to come', 'to go'],
    groups: rows.map(({ what, count, attach_us, detach_us }) => ({
      name: `${count.toLocaleString('en-US')} ${what}`,
      values: [Math.round(attach_us), Math.round(detach_us)],
    })),
  });
  const pictures = { '': { svg, alt: 'processor time of the broker' } };
  return { page: 'attach', name: 'attach', text, pictures };
}
