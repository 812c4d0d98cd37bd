import type { CallReport } from '../adapters/grpc/call-runner.ts';
import { Metrics } from '../adapters/process/metrics.ts';
import { leaseAlarms, leaseCounters } from './leases/keeper.ts';
import { reportCounters } from './reports/start.ts';
import type { RunningServer } from './start.ts';

/** Upper bounds in seconds. */
const CALL_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const leaseGauges = {
  leaseKeeper: '1 on the server that advances the lease clock.',
  leaseAlarm: '1 while leases do not end: too many hosts fell silent at once, or reports are not consumed.',
} as const;

export interface ServerMetrics {
  readonly onCall: (report: CallReport) => void;
  render(): Promise<string>;
}

/** What a server tells Prometheus; `server` answers undefined while it does not run. */
export function openServerMetrics(server: () => RunningServer | undefined): ServerMetrics {
  const metrics = new Metrics();
  // Durations are not told apart by code, which would multiply the buckets.
  const count = metrics.count({ name: 'vpcast_server_calls_total', help: 'Calls that have ended.' }, [
    'rpc',
    'code',
  ]);
  const time = metrics.seconds(
    { name: 'vpcast_server_call_seconds', help: 'Durations of calls, of failed ones as well.' },
    CALL_BUCKETS,
    ['rpc'],
  );
  metrics.counters('vpcast_server_reports', reportCounters, () => server()?.reports);
  metrics.counters('vpcast_server', leaseCounters, () => server()?.leases.counts);
  metrics.gauges('vpcast_server', leaseGauges, () => {
    const state = server()?.leases.state;
    return {
      leaseKeeper: state === 'running' ? 1 : 0,
      leaseAlarm: state === undefined || leaseAlarms[state] === '' ? 0 : 1,
    };
  });
  metrics.deadLetters('vpcast_server', () => server()?.deadLetters() ?? []);
  return {
    onCall: ({ method, code, durationMs }) => {
      count({ rpc: method, code });
      time(durationMs / 1_000, { rpc: method });
    },
    render: () => metrics.render(),
  };
}
