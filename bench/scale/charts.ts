import { lineChartSvg } from '../line-chart-svg.ts';
import type { Series } from '../line-chart-svg.ts';
import type { RegionFigures } from './region.ts';
import type { ScaleResult } from './run.ts';

export function validationChart({ validation: { rows } }: ScaleResult): string {
  const designs = [...new Set(rows.map(({ design }) => design))];
  const series = designs.flatMap((design, colour): Series[] => {
    const own = rows.filter((row) => row.design === design);
    const points = (which: 'predicted' | 'measured') =>
      own.map((row) => [row.hosts, row.last_ms_p50[which]] as const);
    return [
      { name: design, colour, style: 'line', points: points('predicted') },
      { name: 'measured', colour, style: 'dots', points: points('measured') },
    ];
  });
  return lineChartSvg({
    title: 'One message to N hosts on two cores: predicted and measured',
    x: 'hosts',
    y: 'ms until the last host has it (median)',
    series,
  });
}

export function regionChart({ lanes }: RegionFigures): string {
  // Where copies travel makes no difference here.
  const shown = lanes.filter(({ lane }) => lane.copiesOnHostLanes !== true);
  const series = shown.flatMap(({ lane, time_to_last: times }, colour): Series[] => [
    { name: `${lane.name} p50`, colour, style: 'line', points: times.map((one) => [one.ports, one.p50_ms]) },
    {
      name: `${lane.name} p99`,
      colour,
      style: 'dashed',
      points: times.map((one) => [one.ports, one.p99_ms]),
    },
  ]);
  return lineChartSvg({
    title: 'A change in a VPC of a region at its peak, until the last host has applied it',
    x: 'ports of the VPC',
    y: 'ms',
    series,
  });
}
