import { table } from '../../demo/table.ts';
import { figure } from './figure.ts';
import type { ScaleResult } from './run.ts';
import type { Validation } from './validate.ts';

/** For a terminal. */
export function scaleTable({ region, validation }: ScaleResult): string {
  const times = region.lanes.flatMap(({ lane, time_to_last: times }) =>
    times.map(({ hosts, p50_ms, p99_ms }) => ({
      lane: lane.name,
      hosts: figure(hosts),
      'last p50 ms': figure(p50_ms),
      'last p99 ms': figure(p99_ms),
    })),
  );
  const fleet = region.lanes.map(({ lane, peak, brokers, infra_nodes, control }) => ({
    lane: lane.name,
    'deliveries/s': figure(peak.deliveries_per_s),
    'broker cores': figure(peak.broker_cores),
    brokers: figure(brokers.brokers),
    'infrastructure nodes': figure(infra_nodes),
    servers: figure(control.servers),
    'Redis shards': figure(control.redis_shards),
  }));
  return [table(times), table(fleet), validationTable(validation)].join('\n\n');
}

export function validationTable({ rows, blind, within_25_percent: within }: Validation): string {
  const lines = rows.map(
    ({ design, hosts, fitted, last_ms_p50: last, broker_us_per_delivery: broker, busy }) => ({
      design,
      hosts,
      fitted: fitted ? 'yes' : 'no',
      'predicted ms': last.predicted,
      'measured ms': last.measured,
      'error %': last.error_percent,
      'broker us predicted': broker.predicted,
      'broker us measured': broker.measured,
      busy,
    }),
  );
  return `${table(lines)}\n${within} of ${blind} predicted medians are within 25 %`;
}
