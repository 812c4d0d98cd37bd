import { expect } from 'chai';
import { Metrics } from '../../../adapters/process/metrics.ts';

describe('metrics', () => {
  it('are counters and gauges that the program keeps, read when somebody asks', async () => {
    const metrics = new Metrics();
    const stats = { resyncsDropped: 3, perVpc: new Map() };
    let isRunning = false;
    metrics.counters('vpcast_infra', { resyncsDropped: 'Requests.' }, () => (isRunning ? stats : undefined));
    metrics.gauges('vpcast_agent', { vpcsHeld: 'VPCs.' }, () => ({ vpcsHeld: -2 }));
    const before = await metrics.render();
    expect(before.split('\n')).to.include.members([
      '# HELP vpcast_infra_resyncs_dropped_total Requests.',
      '# TYPE vpcast_infra_resyncs_dropped_total counter',
      'vpcast_infra_resyncs_dropped_total 0',
      '# TYPE vpcast_agent_vpcs_held gauge',
      'vpcast_agent_vpcs_held -2',
    ]);
    isRunning = true;
    await metrics.render();
    stats.resyncsDropped++;
    expect(await metrics.render()).to.contain('vpcast_infra_resyncs_dropped_total 4\n');
  });

  it('add up what comes more than once with the same labels', async () => {
    const metrics = new Metrics();
    metrics.deadLetters('vpcast_server', () => [
      { lane: 'status', reason: 'malformed', count: 2 },
      { lane: 'status', reason: 'failed', count: 0 },
      { lane: 'status', reason: 'malformed', count: 5 },
    ]);
    expect((await metrics.render()).split('\n')).to.include.members([
      'vpcast_server_dead_letters_total{lane="status",reason="malformed"} 7',
      'vpcast_server_dead_letters_total{lane="status",reason="failed"} 0',
    ]);
  });

  it('are counts and durations that are noted as they happen', async () => {
    const metrics = new Metrics();
    const count = metrics.count({ name: 'calls_total', help: 'Calls.' }, ['rpc', 'code']);
    const time = metrics.seconds({ name: 'call_seconds', help: 'Durations.' }, [0.005, 2.5], ['rpc']);
    count({ rpc: 'GetVpc', code: 'ok' });
    count({ rpc: 'GetVpc', code: 'ok' });
    for (const seconds of [0.003, 2, 60]) time(seconds, { rpc: 'GetVpc' });
    expect((await metrics.render()).split('\n')).to.include.members([
      'calls_total{rpc="GetVpc",code="ok"} 2',
      'call_seconds_bucket{le="0.005",rpc="GetVpc"} 1',
      'call_seconds_bucket{le="2.5",rpc="GetVpc"} 2',
      'call_seconds_bucket{le="+Inf",rpc="GetVpc"} 3',
      'call_seconds_sum{rpc="GetVpc"} 62.003',
      'call_seconds_count{rpc="GetVpc"} 3',
    ]);
  });

  it('tell of the process as well', async () => {
    const text = await new Metrics().render();
    expect(text).to.match(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(text).to.match(/^process_resident_memory_bytes \d+$/m);
  });

  it('belong to one program each, also within one process', async () => {
    const [one, other] = [new Metrics(), new Metrics()];
    one.gauges('x', { y: 'Y.' }, () => ({ y: 1 }));
    other.gauges('x', { y: 'Y.' }, () => ({ y: 2 }));
    expect(await one.render()).to.contain('x_y 1\n');
    expect(await other.render()).to.contain('x_y 2\n');
  });
});
