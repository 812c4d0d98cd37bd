import { barChartSvg } from '../bar-chart-svg.ts';
import { grid } from '../markdown-grid.ts';
import type { RunFigures, SplitFigures } from '../split/run.ts';
import { measuredOn, short } from './machine.ts';
import type { Figures } from './page.ts';

export function splitReport(figures: SplitFigures): Figures {
  const { one, two, hosts, tasks, rounds, chunk_hosts } = figures;
  const row = (name: string, run: RunFigures): string[] => [
    name,
    short(run.copies_per_s),
    run.cpu_s.map(short).join(' + '),
    short(run.chunks),
    short(run.chunks_taken),
  ];
  const text = `${measuredOn(figures)} ${rounds} rounds of ${tasks} changes, each a copy for every one of ${hosts.toLocaleString('en-US')} hosts, in chunks of ${chunk_hosts}.

${grid(
  ['', 'copies per second', 'processor time, s', 'chunks offered', 'taken by the other'],
  [row('one node', one), row('two nodes', two)],
)}

${grid(
  ['', '', 'aim'],
  [
    ['shares of the two nodes', two.shares.join(' and '), '0.4 to 0.6'],
    [
      'processor time of both against one',
      `${two.cpu_ratio} (rounds: ${figures.rounds_cpu_ratio.join(', ')})`,
      '1.15 at most',
    ],
    ['time against one', String(two.time_ratio), ''],
  ],
)}

A node is killed in the middle of a task (SIGKILL):

${grid(
  [
    'killed',
    'hosts that had their copy by then',
    'in the end',
    'missing',
    'sent twice',
    's until the last one',
  ],
  figures.kills.map((kill) => [
    kill.killed,
    ...[kill.reached_before, kill.reached, kill.missing, kill.repeated].map(short),
    String(kill.seconds),
  ]),
)}`;
  const svg = barChartSvg({
    title: 'Processor time of the infrastructure nodes for the same tasks',
    unit: 's',
    series: ['first node', 'second node'],
    groups: [
      { name: 'one node', values: one.cpu_s },
      { name: 'two nodes', values: two.cpu_s },
    ],
  });
  const pictures = { '': { svg, alt: 'processor time of one node and of two' } };
  return { page: 'split', name: 'split', text, pictures };
}
