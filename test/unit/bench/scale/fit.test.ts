import { expect } from 'chai';
import { predict } from '../../../../bench/scale/bench-machine.ts';
import { brokerUs, fitDesign, lineThrough } from '../../../../bench/scale/fit.ts';
import type { Point } from '../../../../bench/scale/fit.ts';
import { readMulticast } from '../../../../bench/scale/multicast-result.ts';
import { readScaleOptions } from '../../../../bench/scale/options.ts';
import { validate } from '../../../../bench/scale/validate.ts';

function point(hosts: number, given: Partial<Point> = {}): Point {
  return {
    hosts,
    last_ms_p50: 5 + 0.04 * hosts,
    last_ms_p99: 2 * (5 + 0.04 * hosts),
    broker_cpu_us_per_delivery: 40,
    client_cpu_us_per_delivery: 60,
    broker_idle_cores: 0,
    join_s: 1 + hosts / 1_000,
    ...given,
  };
}

describe('fit of the scale model', () => {
  it('finds a line through points, and none that begins below nothing', () => {
    expect(lineThrough([[0, 1], [1, 3], [2, 5]])).to.deep.equal({ base: 1, slope: 2 }); // prettier-ignore
    expect(lineThrough([[1, 1], [2, 3]])).to.deep.equal({ base: 0, slope: 2 }); // prettier-ignore
  });

  it('leaves out what the broker does when idle', () => {
    // 0.1 cores for 200 ms are 20 ms; 100 deliveries took 4 ms of those that it was busy for.
    const idle = point(100, { broker_cpu_us_per_delivery: 240, broker_idle_cores: 0.1, last_ms_p50: 9 });
    expect(brokerUs(idle, 200)).to.be.closeTo(4_000, 1e-6);
  });

  it('predicts by processor time where that is the higher bound', () => {
    const costs = fitDesign([point(100), point(1_000)], 200);
    const { last_ms_p50: last, last_ms_p99: tail, join_s: join } = predict(costs, 5_000, 2);
    // (40 + 60) / 2 = 50 us a host, against 40 that were seen.
    expect(last).to.be.closeTo(5 + 250, 1e-6);
    expect(tail).to.be.closeTo(510, 1e-6);
    expect(join).to.be.closeTo(6, 1e-9);
  });

  it('predicts by what was seen where the processors are not the limit', () => {
    const costs = fitDesign([point(100), point(1_000)], 200);
    expect(predict(costs, 5_000, 4).last_ms_p50).to.be.closeTo(5 + 200, 1e-6);
  });

  it('uses no point above 1,000 hosts, and needs two', () => {
    const small = [point(100), point(1_000)];
    const large = point(5_000, { last_ms_p50: 1e6, broker_cpu_us_per_delivery: 1e6 });
    expect(fitDesign([...small, large], 200)).to.deep.equal(fitDesign(small, 200));
    expect(() => fitDesign([point(100), large], 200)).to.throw('two points');
  });
});

describe('validation of the scale model', () => {
  it('compares all points with what the small ones predict', () => {
    const result = {
      designs: { readers: { points: [point(100), point(1_000), point(5_000), { hosts: 10_000 }] } },
      ...{ interval_ms: 200, load_average: [0, 0], commit: 'abc', date: '2026-01-01' },
    };
    const { rows, blind, within_25_percent: within } = validate(result, [], 2);
    expect(rows.map(({ hosts, fitted }) => [hosts, fitted])).to.deep.equal([
      [100, true],
      [1_000, true],
      [5_000, false],
    ]);
    // Predicted 255 ms; the straight line gives 205.
    expect(rows[2]?.last_ms_p50).to.deep.equal({ predicted: 255, measured: 205, error_percent: 24 });
    expect([blind, within]).to.deep.equal([1, 1]);
  });

  it('predicts the kept run within a quarter for each design at 5,000 hosts', async () => {
    const { rows } = validate(await readMulticast(readScaleOptions([]).from), [], 2);
    const blind = rows.filter(({ fitted }) => !fitted);
    expect(blind).to.have.length(4);
    for (const { design, last_ms_p50: last } of blind) {
      expect(Math.abs(last.error_percent), design).to.be.at.most(25);
    }
  });
});
