import { expect } from 'chai';
import { AppliedLog } from '../../../bench/applied-log.ts';
import { applyTimes, FROZEN_MS, together } from '../../../bench/isolation/apply-times.ts';
import { appliedAtMs, lacking } from '../../../bench/restart/convergence.ts';
import type { Write } from '../../../bench/vpc-writes.ts';

const write = (revision: number, answeredAtMs: number, vpcId = 'vpc'): Write => ({
  ...{ vpcId, revision, answeredAtMs },
  intendedAtMs: answeredAtMs,
});
const hosts = [{ id: 'a' }, { id: 'b' }];

describe('times until changes are applied', () => {
  it('are one for each change and host, from the answer on', () => {
    const log = new AppliedLog();
    log.add(['a', 'vpc', 5, 110]);
    log.add(['a', 'vpc', 6, 230]);
    log.add(['b', 'vpc', 5, 150]);
    log.add(['b', 'vpc', 6, 260]);
    const { samples, unapplied, frozen } = applyTimes(log, [write(5, 100), write(6, 200)], hosts, 1_000);
    expect(samples).to.deep.equal([10, 30, 50, 60]);
    expect({ unapplied, frozen }).to.deep.equal({ unapplied: 0, frozen: 0 });
  });

  it('take what a host had in a later revision', () => {
    const log = new AppliedLog();
    log.add(['a', 'vpc', 4, 90]);
    log.add(['a', 'vpc', 7, 300]);
    const writes = [write(5, 100), write(6, 200), write(7, 290)];
    expect(applyTimes(log, writes, [{ id: 'a' }], 1_000).samples).to.deep.equal([200, 100, 10]);
  });

  it('are not below zero where a host was quicker than the answer', () => {
    const log = new AppliedLog();
    log.add(['a', 'vpc', 5, 99]);
    expect(applyTimes(log, [write(5, 100)], [{ id: 'a' }], 1_000).samples).to.deep.equal([0]);
  });

  it('count until the end what is not applied, and the hosts that stand still', () => {
    const log = new AppliedLog();
    log.add(['a', 'vpc', 6, 210]);
    log.add(['b', 'vpc', 5, 150]);
    const end = 200 + FROZEN_MS;
    const late = applyTimes(log, [write(5, 100), write(6, 200)], hosts, end);
    expect(late.samples).to.deep.equal([110, 10, 50, FROZEN_MS]);
    expect(late).to.include({ unapplied: 1, frozen: 1 });
    expect(applyTimes(log, [write(6, 200)], hosts, end - 1)).to.include({ unapplied: 1, frozen: 0 });
  });

  it('of two parts are all of them, and the hosts of the worse part', () => {
    const one = { samples: [1], unapplied: 2, frozen: 3 };
    const other = { samples: [4], unapplied: 5, frozen: 1 };
    expect(together(one, other)).to.deep.equal({ samples: [1, 4], unapplied: 7, frozen: 3 });
  });

  it('do not take one VPC for another', () => {
    const log = new AppliedLog();
    log.add(['a', 'other', 5, 110]);
    expect(applyTimes(log, [write(5, 100)], [{ id: 'a' }], 500)).to.include({ unapplied: 1 });
    expect(log.reached('vpc', hosts, 1)).to.equal(0);
    expect(log.reached('other', hosts, 5)).to.equal(1);
  });
});

describe('convergence after a restart', () => {
  const members = new Map([
    ['one', hosts],
    ['two', [{ id: 'a' }]],
  ]);
  const writes = [write(3, 10, 'one'), write(8, 20, 'two'), write(4, 30, 'one')];

  it('is there when each host has the newest of each of its VPCs', () => {
    const log = new AppliedLog();
    log.add(['a', 'one', 4, 50]);
    log.add(['b', 'one', 3, 60]);
    log.add(['a', 'two', 8, 70]);
    expect(lacking(log, writes, members)).to.equal(1);
    expect(() => appliedAtMs(log, writes, members)).to.throw('b lacks');
    log.add(['b', 'one', 4, 90]);
    expect(lacking(log, writes, members)).to.equal(0);
    expect(appliedAtMs(log, writes, members)).to.equal(90);
  });

  it('came about when the last of them had it first', () => {
    const log = new AppliedLog();
    log.add(['a', 'two', 8, 70]);
    log.add(['a', 'two', 9, 500]);
    expect(appliedAtMs(log, [write(8, 20, 'two')], members)).to.equal(70);
  });
});
