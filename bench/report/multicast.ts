import { lineChartSvg } from '../line-chart-svg.ts';
import type { Series } from '../line-chart-svg.ts';
import { grid } from '../markdown-grid.ts';
import type { MulticastResult, PointResult } from '../multicast/run.ts';
import { short } from './machine.ts';
import type { Figures } from './page.ts';

export function multicastReport(result: MulticastResult): Figures {
  const designs = Object.entries(result.designs);
  const points = designs.flatMap(([design, { points: own }]) => own.map((point) => ({ design, ...point })));
  const text = `${result.date.slice(0, 10)}, commit ${result.commit}; ${result.rounds} ${result.rounds === 1 ? 'round' : 'rounds'}, load average ${result.load_average.join(' before and ')} after.

${grid(
  ['', 'hosts', 'last host, p50 ms', 'p99 ms', 'received', 'broker, us per delivery', 'clients, us'],
  points.map((point) => [
    point.design,
    short(point.hosts),
    ...[point.last_ms_p50, point.last_ms_p99].map(known),
    point.received === undefined
      ? (point.error ?? '')
      : `${short(point.received)} of ${short(point.expected ?? 0)}`,
    ...[point.broker_cpu_us_per_delivery, point.client_cpu_us_per_delivery].map(known),
  ]),
)}`;
  const chart = (y: string, of: (point: PointResult) => number | undefined): string =>
    lineChartSvg({
      ...{ title: 'One message to N hosts', x: 'hosts', y },
      series: designs.map(([name, { points: own }], colour): Series => {
        const shown = own.flatMap((point) => {
          const value = of(point);
          return value === undefined ? [] : [[point.hosts, value] as const];
        });
        return { name, colour, style: 'line', points: shown };
      }),
    });
  return {
    page: 'multicast',
    name: 'multicast',
    text,
    pictures: {
      '': {
        svg: chart('ms until the last host has it (median)', (point) => point.last_ms_p50),
        alt: 'milliseconds to the last host',
      },
      broker: {
        svg: chart('broker, us of processor time per delivery', (point) => point.broker_cpu_us_per_delivery),
        alt: 'processor time of the broker per delivery',
      },
    },
  };
}

function known(value: number | undefined): string {
  return value === undefined ? '-' : short(value);
}
