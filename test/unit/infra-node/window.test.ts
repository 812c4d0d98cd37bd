import { expect } from 'chai';
import fc from 'fast-check';
import { MAX_MARKS } from '../../../core/store/port.ts';
import { Marks, Window, appliedOf, isHeld, windowSize } from '../../../infra-node/window.ts';

describe('window', () => {
  it('shares the budget out to those on the partition, within limits', () => {
    expect([1, 100, 101, 1_000, 5_000, 100_000].map((hosts) => windowSize(10_000, hosts))).to.deep.equal([
      100, 100, 99, 10, 2, 2,
    ]);
    expect(windowSize(0, 7)).to.equal(Infinity);
  });

  it('counts the copies of a range exactly while their marks are kept', () => {
    const revisions = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: MAX_MARKS - 1 });
    fc.assert(
      fc.property(revisions, fc.nat(220), fc.nat(220), (unsorted, after, through) => {
        const all = unsorted.sort((one, other) => one - other);
        const marks = new Marks(all.slice(0, 3));
        for (const revision of all.slice(3)) marks.add(revision);
        const expected = all.filter((revision) => revision > after && revision <= through).length;
        expect(marks.between(after, through)).to.equal(expected);
      }),
    );
  });

  it('never counts too few when marks were dropped', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.nat(600), fc.nat(600), (distance, after, through) => {
        const all = Array.from({ length: 200 }, (_, i) => (i + 1) * distance);
        const marks = new Marks([]);
        for (const revision of all) marks.add(revision);
        const expected = all.filter((revision) => revision > after && revision <= through).length;
        expect(marks.between(after, through)).to.be.at.least(expected);
      }),
    );
  });

  it('is full by what was sent since the last report, and empty again after one', () => {
    const marks = new Marks([10, 20, 30, 40, 50]);
    const window = new Window(4, marks);
    const progress = { sent: 20, applied: 10, since: 1 };
    expect([window.isHalfFull(progress), window.wouldBeHalfFull(progress, 30)]).to.deep.equal([false, true]);
    progress.sent = 50;
    expect(window.isFull(progress)).to.be.true;
    progress.applied = 11;
    expect(window.isFull(progress)).to.be.true;
    progress.applied = 20;
    expect(window.isFull(progress)).to.be.false;
    progress.applied = 50;
    expect(window.outstanding(progress)).to.equal(0);
  });

  it('begins with the snapshot of who has just joined', () => {
    const window = new Window(2, new Marks([10, 20, 30]));
    expect(window.outstanding({ sent: 30, applied: 0, since: 30 })).to.equal(0);
    expect(window.outstanding({ sent: 30, applied: 0, since: 15 })).to.equal(2);
  });

  it('counts what would go out behind what was for others', () => {
    const window = new Window(4, new Marks([10, 20, 30]));
    expect(window.wouldBeHalfFull({ applied: 30, since: 1 }, 40)).to.be.false;
    expect(window.wouldBeHalfFull({ applied: 10, since: 1 }, 40)).to.be.true;
    expect(window.wouldBeHalfFull({ applied: 10, since: 30 }, 40)).to.be.false;
  });

  it('believes reports of the present assignment only', () => {
    const report = { reporter: 'h', epoch: 2, incarnation: 3, revision: 7, body: '{}' };
    expect(appliedOf(report, { epoch: 2, incarnation: 3 })).to.equal(7);
    expect(appliedOf(report, { epoch: 3, incarnation: 3 })).to.equal(0);
    expect(appliedOf(report, { epoch: 2, incarnation: 4 })).to.equal(0);
    expect(appliedOf(undefined, { epoch: 0, incarnation: 0 })).to.equal(0);
  });

  it('is closed to who missed a copy, or was sent nothing at all', () => {
    expect(isHeld({ sent: 20 }, 20)).to.be.false;
    expect(isHeld({ sent: 19 }, 20)).to.be.true;
    expect(isHeld({ sent: 0 }, 0)).to.be.true;
  });
});
