import { lineChartSvg } from '../line-chart-svg.ts';
import { grid } from '../markdown-grid.ts';
import type { ProgramMemory } from '../memory/figures.ts';
import type { MemoryFigures } from '../memory/run.ts';
import { measuredOn, short } from './machine.ts';
import type { Figures } from './page.ts';

export function memoryReport(figures: MemoryFigures): Figures {
  const { server, infra_node, warm_up_s, ports, hosts } = figures;
  const row = (name: string, program: ProgramMemory): string[] => [
    name,
    ...[program.start_mb, program.end_mb, program.max_mb].map(short),
    `${program.slope_mb_per_min} (${program.slope_percent_per_min} %)`,
    `${short(program.heap_end_mb)} (${short(program.heap_max_mb)})`,
    `${program.heap_slope_percent_per_min} %`,
  ];
  const text = `${measuredOn(figures)} ${ports.toLocaleString('en-US')} ports, made at ${short(figures.ports_made_per_s)} per second, and ${hosts.toLocaleString('en-US')} hosts; ${figures.minutes} minutes of ${figures.rate_per_s} changes per second,
of which the first ${warm_up_s} s are left out. ${figures.updates} changes were answered and ${figures.failed_updates} failed; ${short(figures.reports_per_s)} reports came in per second.

${grid(
  [
    'MB',
    'resident, at the start',
    'at the end',
    'at most',
    'per minute',
    'heap at the end (most)',
    'heap per minute',
  ],
  [row('server', server), row('infrastructure node', infra_node)],
)}

${figures.flat ? 'Both are flat: they' : 'Not both are flat: they do not both'} grow by less than 1 % of their resident memory in a minute. The infrastructure node dispatched ${figures.dispatched.fan_outs} publications and ${figures.dispatched.copies} copies meanwhile.`;
  const line = (name: string, program: ProgramMemory, colour: number) => [
    {
      ...{ name: `${name}, resident`, colour, style: 'line' as const },
      points: program.samples.map(({ at_s, rss_mb }) => [at_s / 60, rss_mb] as const),
    },
    {
      ...{ name: `${name}, heap`, colour, style: 'dashed' as const },
      points: program.samples.map(({ at_s, heap_mb }) => [at_s / 60, heap_mb] as const),
    },
  ];
  const svg = lineChartSvg({
    ...{ title: 'Memory while the VPC changes', x: 'minutes', y: 'MB', scales: 'linear' },
    series: [...line('server', server, 0), ...line('infra-node', infra_node, 1)],
  });
  const pictures = { '': { svg, alt: 'resident memory and heap of both programs' } };
  return { page: 'memory', name: 'memory', text, pictures };
}
