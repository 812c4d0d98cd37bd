import { expect } from 'chai';
import { mean, percentile, summarize } from '../../../bench/statistics.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

describe('statistics of a bench', () => {
  it('takes percentiles from the samples, without inventing any between them', () => {
    expect(percentile(upTo(100), 0.5)).to.equal(50);
    expect(percentile(upTo(100), 0.99)).to.equal(99);
    expect(percentile(upTo(1_500), 0.99)).to.equal(1_485);
    expect(percentile(upTo(3), 0.5)).to.equal(2);
    expect(percentile(upTo(3), 0.99)).to.equal(3);
    expect(percentile([7], 0.5)).to.equal(7);
    expect(percentile(upTo(9), 1)).to.equal(9);
  });

  it('orders numbers as numbers', () => {
    const { p50_ms, max_ms } = summarize([100, 9, 30]);
    expect({ p50_ms, max_ms }).to.deep.equal({ p50_ms: 30, max_ms: 100 });
  });

  it('rounds to microseconds', () => {
    expect(summarize([1.23456]).p50_ms).to.equal(1.235);
  });

  it('leaves the samples as they are', () => {
    const samples = [3, 1, 2];
    summarize(samples);
    expect(samples).to.deep.equal([3, 1, 2]);
  });

  it('has nothing to say of no samples', () => {
    expect(() => summarize([])).to.throw('no samples');
    expect(() => mean([])).to.throw('no samples');
  });
});
