import { expect } from 'chai';
import { CallMetrics, renderCounters, renderGauges } from '../../../adapters/process/metrics.ts';

describe('metrics', () => {
  it('are counters and gauges', () => {
    expect(renderCounters('vpcast_infra', { resyncsDropped: 3, perVpc: new Map() })).to.equal(
      '# TYPE vpcast_infra_resyncs_dropped_total counter\nvpcast_infra_resyncs_dropped_total 3\n',
    );
    expect(renderGauges('vpcast_agent', { vpcs: 2 })).to.equal(
      '# TYPE vpcast_agent_vpcs gauge\nvpcast_agent_vpcs 2\n',
    );
  });

  it('tell of calls by rpc and code, and of their durations', () => {
    const calls = new CallMetrics('vpcast_server');
    calls.count({ method: 'GetVpc', code: 'ok', durationMs: 3 });
    calls.count({ method: 'GetVpc', code: 'ok', durationMs: 2_000 });
    calls.count({ method: 'GetVpc', code: 'not_found', durationMs: 60_000 });
    const lines = calls.render().split('\n');
    expect(lines).to.include.members([
      '# TYPE vpcast_server_calls_total counter',
      'vpcast_server_calls_total{rpc="GetVpc",code="ok"} 2',
      'vpcast_server_calls_total{rpc="GetVpc",code="not_found"} 1',
      '# TYPE vpcast_server_call_seconds histogram',
      'vpcast_server_call_seconds_bucket{rpc="GetVpc",le="0.0025"} 0',
      'vpcast_server_call_seconds_bucket{rpc="GetVpc",le="0.005"} 1',
      'vpcast_server_call_seconds_bucket{rpc="GetVpc",le="2.5"} 2',
      'vpcast_server_call_seconds_bucket{rpc="GetVpc",le="10"} 2',
      'vpcast_server_call_seconds_bucket{rpc="GetVpc",le="+Inf"} 3',
      'vpcast_server_call_seconds_sum{rpc="GetVpc"} 62.003',
      'vpcast_server_call_seconds_count{rpc="GetVpc"} 3',
    ]);
  });
});
