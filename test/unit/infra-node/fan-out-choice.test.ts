import { expect } from 'chai';
import { defaultOptions } from '../../../infra-node/deps.ts';
import { Recent, choosePartitions } from '../../../infra-node/fan-out/choice.ts';
import type { FanOutOptions, Situation } from '../../../infra-node/fan-out/choice.ts';

const options: FanOutOptions = {
  hosts: 100,
  hostsPerPartition: 1_000,
  halfLifeMs: 60_000,
  longestRestMs: 0,
  // A host costs as much to attach as ten multicasts save for it.
  costs: { copyUs: 110, readUs: 10, publishUs: 0, attachUs: 1_000 },
};
const quiet: Situation = { wish: undefined, hosts: 1_000, recent: 0, partitions: 0 };
const busy: Situation = { ...quiet, recent: 10 };

describe('whether the hosts of a VPC read along', () => {
  const chosen = (situation: Partial<Situation>, more: Partial<FanOutOptions> = {}): number =>
    choosePartitions({ ...busy, ...situation }, { ...options, ...more });

  it('depends on how many they are', () => {
    expect([1, 99, 100, 1_000].map((hosts) => chosen({ hosts }))).to.deep.equal([0, 0, 1, 1]);
  });

  it('depends on whether it has paid by what happened of late', () => {
    expect([0, 9.9, 10, 100].map((recent) => chosen({ recent }))).to.deep.equal([0, 0, 1, 1]);
  });

  it('never pays where reading costs no less, or publishing costs more than is saved', () => {
    const { costs } = options;
    expect(chosen({ recent: 1e9 }, { costs: { ...costs, readUs: costs.copyUs } })).to.equal(0);
    expect(chosen({ recent: 1e9 }, { costs: { ...costs, publishUs: 1e9 } })).to.equal(0);
  });

  it('stays so until less than half of the hosts are left, however quiet the VPC is', () => {
    const reading = { partitions: 1, recent: 0 };
    expect([1_000, 100, 50, 49, 1].map((hosts) => chosen({ ...reading, hosts }))).to.deep.equal([
      1, 1, 1, 0, 0,
    ]);
    expect(chosen({ hosts: 75 }), 'and not before it has all of them').to.equal(0);
  });

  it('takes a partition for each so many hosts, and keeps those that are there', () => {
    expect([1_000, 1_001, 5_000].map((hosts) => chosen({ hosts }))).to.deep.equal([1, 2, 5]);
    expect([2_500, 900, 60].map((hosts) => chosen({ hosts, partitions: 2 }))).to.deep.equal([3, 2, 2]);
  });

  it('is for the owner to say', () => {
    expect(chosen({ wish: 'fan-out', hosts: 1, recent: 0 })).to.equal(1);
    expect(chosen({ wish: 'fan-out', hosts: 1_500, recent: 0 })).to.equal(2);
    expect(chosen({ wish: 'fan-out', hosts: 1, partitions: 3 })).to.equal(3);
    for (const partitions of [0, 2]) expect(chosen({ wish: 'copies', partitions })).to.equal(0);
  });

  it('is out of the question without hosts, or where it is switched off', () => {
    expect(chosen({ hosts: 0, partitions: 1 })).to.equal(0);
    expect(chosen({ wish: 'fan-out', hosts: 0 })).to.equal(0);
    for (const wish of ['fan-out', undefined] as const) {
      expect(chosen({ wish, partitions: 2 }, { hosts: 0 })).to.equal(0);
    }
  });

  it('takes some twenty multicasts with what was measured', () => {
    const needed = Array.from({ length: 100 }, (_, n) => n).find(
      (recent) => choosePartitions({ ...quiet, recent }, defaultOptions.fanOut) > 0,
    );
    expect(needed).to.be.within(20, 30);
  });
});

describe('what happened of late', () => {
  it('counts half after each half-life', () => {
    const recent = new Recent(1_000);
    expect(recent.at(5_000)).to.equal(0);
    recent.add(8, 10_000);
    expect([10_000, 11_000, 12_000].map((ms) => recent.at(ms))).to.deep.equal([8, 4, 2]);
    recent.add(1, 12_000);
    expect([12_000, 13_000].map((ms) => recent.at(ms))).to.deep.equal([3, 1.5]);
  });

  it('loses nothing to a clock that goes back', () => {
    const recent = new Recent(1_000);
    recent.add(4, 10_000);
    expect(recent.at(9_000)).to.equal(4);
  });
});
