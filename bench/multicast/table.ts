import { table } from '../../demo/table.ts';
import type { MulticastResult } from './run.ts';

/** For a terminal. */
export function multicastTable({ designs }: MulticastResult): string {
  const points = Object.entries(designs).flatMap(([design, { points }]) =>
    points.map((point) => ({ design, ...point })),
  );
  const rows = points.map((point) => ({
    design: point.design,
    hosts: point.hosts,
    'last p50 ms': point.last_ms_p50 ?? '-',
    'last p99 ms': point.last_ms_p99 ?? '-',
    'first p50 ms': point.first_ms_p50 ?? '-',
    received: point.received === undefined ? '-' : `${point.received}/${point.expected ?? 0}`,
    'broker us/delivery': point.broker_cpu_us_per_delivery ?? '-',
    'clients us/delivery': point.client_cpu_us_per_delivery ?? '-',
    connections: point.connections ?? '-',
    'join s': point.join_s ?? '-',
  }));
  const errors = points.flatMap(({ design, hosts, error }) =>
    error === undefined ? [] : [`${design}, ${hosts} hosts: ${error}`],
  );
  return [table(rows), ...errors].join('\n');
}
