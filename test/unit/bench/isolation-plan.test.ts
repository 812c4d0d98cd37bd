import { expect } from 'chai';
import { readIsolationOptions } from '../../../bench/isolation/options.ts';
import { changesToOwe, planHosts, planLoads } from '../../../bench/isolation/plan.ts';
import { lookAheadLimit } from '../../../bench/replay-gauge.ts';
import { UsageError } from '../../../bench/usage.ts';

const defaults = { perConsumer: 2_000, perSubscription: 20_000 };

describe('plan of the isolation bench', () => {
  it('kills one hundredth of the hosts and stops another, a process each', () => {
    const { killed, stopped, perProcess } = planHosts(readIsolationOptions([]));
    expect({ killed, stopped, perProcess }).to.deep.equal({ killed: 10, stopped: 10, perProcess: 1 });
  });

  it('has many that vanish share processes', () => {
    const { killed, stopped, perProcess } = planHosts(readIsolationOptions(['--vanish', '0.3']));
    expect({ killed, stopped }).to.deep.equal({ killed: 150, stopped: 150 });
    expect(perProcess).to.be.greaterThan(1);
  });

  it('offers the same number of copies, however the load is divided', () => {
    const options = readIsolationOptions([]);
    const hosts = planHosts(options);
    const { whole, beside, small, smallAlone } = planLoads(options, hosts, 5_000);
    expect(whole * 1_000).to.equal(2_000);
    const smallHosts = hosts.killed + hosts.stopped + hosts.first;
    expect(beside * 1_000 + small * smallHosts).to.be.closeTo(2_000, 0.001);
    expect(smallAlone * smallHosts).to.be.closeTo(2_000, 0.001);
  });

  it('makes as many changes as owe the failed hosts twice the limit', () => {
    const options = readIsolationOptions([]);
    const hosts = planHosts(options);
    expect(changesToOwe(options, hosts, 20_000) * (hosts.killed + hosts.stopped)).to.equal(40_000);
  });

  it('refuses what leaves nobody to look at', () => {
    expect(() => planHosts(readIsolationOptions(['--agents', '20', '--failing', '0.9']))).to.throw(
      UsageError,
    );
    for (const args of [['--vanish', '1'], ['--load', '0'], ['--owed', 'x'], ['--agents', '3'], ['more']]) {
      expect(() => readIsolationOptions(args), args.join(' ')).to.throw(UsageError);
    }
  });
});

describe("the broker's look-ahead limit", () => {
  it('grows with the consumers of the partition, up to that of the subscription', () => {
    expect([1, 9, 10, 500].map((consumers) => lookAheadLimit(defaults, consumers))).to.deep.equal([
      2_000, 18_000, 20_000, 20_000,
    ]);
  });
});
