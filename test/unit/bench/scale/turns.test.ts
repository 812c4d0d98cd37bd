import { expect } from 'chai';
import { seeded } from '../../../../bench/random.ts';
import { busyShare, turnsPerSecond, waitQuantile } from '../../../../bench/scale/turns.ts';

describe('turns of a VPC in the scale model', () => {
  it('are as many as the changes when these are rare', () => {
    expect(turnsPerSecond({ changesPerSecond: 0.01, seconds: 0.1 })).to.be.closeTo(0.01, 1e-5);
  });

  it('follow each other without a pause when changes never stop', () => {
    const turns = { changesPerSecond: 1_000, seconds: 0.5 };
    expect(turnsPerSecond(turns)).to.be.closeTo(2, 1e-9);
    expect(busyShare(turns)).to.be.closeTo(1, 1e-9);
  });

  it('wait for the next change only when none came meanwhile', () => {
    // One change a second, turns of a second: in e^-1 of the cases a pause of a second follows.
    expect(turnsPerSecond({ changesPerSecond: 1, seconds: 1 })).to.be.closeTo(1 / (1 + Math.exp(-1)), 1e-12);
  });

  it('make a change wait for a part of the one that is under way', () => {
    const busy = { changesPerSecond: 1_000, seconds: 2 };
    expect(waitQuantile(busy, 0.5)).to.be.closeTo(1, 1e-6);
    expect(waitQuantile(busy, 0.99)).to.be.closeTo(1.98, 1e-6);
    expect(waitQuantile({ changesPerSecond: 0.001, seconds: 0.01 }, 0.99)).to.equal(0);
  });

  it('agree with turns that are played through, change by change', () => {
    const turns = { changesPerSecond: 3, seconds: 0.4 };
    const random = seeded(1);
    const waits: number[] = [];
    let now = 0;
    let freeAt = 0;
    let count = 0;
    for (let change = 0; change < 200_000; change++) {
      now -= Math.log(1 - random()) / turns.changesPerSecond;
      // The turn at `freeAt` takes all that came until then.
      if (now > freeAt) {
        if (now > freeAt + turns.seconds || count === 0) freeAt = now;
        else freeAt += turns.seconds;
        count++;
      }
      waits.push(freeAt - now);
    }
    expect(count / now).to.be.closeTo(turnsPerSecond(turns), 0.01);
    const inOrder = waits.sort((one, other) => one - other);
    expect(inOrder[Math.floor(0.9 * waits.length)]).to.be.closeTo(waitQuantile(turns, 0.9), 0.01);
  });
});
