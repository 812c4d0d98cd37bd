import { expect } from 'chai';
import { sumOf } from '../../../bench/broker-gauges.ts';
import { readBootOptions } from '../../../bench/boot/options.ts';
import { UsageError } from '../../../bench/usage.ts';

describe('command line of the bench', () => {
  it('has defaults', () => {
    const { rate, agents, seconds, json, broker } = readBootOptions([]);
    expect({ rate, agents, seconds, json, broker }).to.deep.equal({
      rate: 50,
      agents: 200,
      seconds: 60,
      json: false,
      broker: {},
    });
  });

  it('takes settings of the broker', () => {
    expect(readBootOptions(['--broker', 'a=1', '--broker', 'b=c=d']).broker).to.deep.equal({
      a: '1',
      b: 'c=d',
    });
  });

  it('refuses what makes no sense', () => {
    for (const args of [['--rate', '0'], ['--rate', 'x'], ['--what'], ['--broker', 'a'], ['more']]) {
      expect(() => readBootOptions(args), args.join(' ')).to.throw(UsageError);
    }
  });
});

describe("the broker's metrics", () => {
  it('are summed over their labels', () => {
    const text = [
      '# TYPE pulsar_consumers_count gauge',
      'pulsar_consumers_count{topic="a"} 2',
      'pulsar_consumers_count{topic="b"} 3.0 1700000000',
      'pulsar_consumers_count_other{topic="b"} 9',
    ].join('\n');
    expect(sumOf(text, 'pulsar_consumers_count')).to.equal(5);
    expect(sumOf(text, 'pulsar_consumers_count', 'topic="b"')).to.equal(3);
  });
});
