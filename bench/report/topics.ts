import { lineChartSvg } from '../line-chart-svg.ts';
import { grid } from '../markdown-grid.ts';
import type { TopicsFigures } from '../topics/run.ts';
import { measuredOn, short } from './machine.ts';
import type { Figures } from './page.ts';

export function topicsReport(figures: TopicsFigures): Figures {
  const { layouts } = figures;
  const rows = layouts.flatMap(({ namespaces, points }) => points.map((point) => ({ namespaces, ...point })));
  const text = `${measuredOn(figures)}

${grid(
  [
    'namespaces',
    'topics',
    'made per second',
    'broker, us for each',
    'to list one namespace, ms',
    'kB',
    'first use p50 / p99, ms',
    'broker, MB',
  ],
  rows.map((row) => [
    ...[row.namespaces, row.topics, row.made_per_s, row.made_us, row.list_ms, row.list_kb].map(short),
    `${short(row.use_ms_p50)} / ${short(row.use_ms_p99)}`,
    short(row.broker_rss_mb),
  ]),
)}

After a restart of the broker with all of them:

${grid(
  ['namespaces', 'serves again after, s', 'first use p50 / p99, ms', 'broker, MB'],
  layouts.map(({ namespaces, restart }) => [
    short(namespaces),
    short(restart.serves_s),
    `${short(restart.use_ms_p50)} / ${short(restart.use_ms_p99)}`,
    short(restart.broker_rss_mb),
  ]),
)}`;
  const svg = lineChartSvg({
    ...{ title: 'Topics that are there already', x: 'topics', y: 'made per second' },
    series: layouts.map(({ namespaces, points }, colour) => ({
      name: namespaces === 1 ? 'in one namespace' : `over ${namespaces} namespaces`,
      ...{ colour, style: 'line' as const },
      points: points.map(({ topics, made_per_s }) => [topics, made_per_s] as const),
    })),
  });
  const pictures = { '': { svg, alt: 'topics made per second' } };
  return { page: 'topics', name: 'topics', text, pictures };
}
