import { expect } from 'chai';
import fc from 'fast-check';
import { faultKinds, faultProfiles } from '../../../chaos/schedule/kinds.ts';
import { planFaults } from '../../../chaos/schedule/plan.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const lengths = fc.integer({ min: 1, max: 30 });

describe('planFaults', () => {
  it('has each kind once a minute, and so thrice in three', () => {
    fc.assert(
      fc.property(seeds, lengths, (seed, minutes) => {
        const plan = planFaults(seed, minutes);
        for (const kind of faultKinds) {
          expect(plan.filter((fault) => fault.kind === kind)).to.have.length(minutes);
        }
      }),
    );
  });

  it('strikes nothing that has not come back, and is over before the end', () => {
    fc.assert(
      fc.property(seeds, lengths, (seed, minutes) => {
        const freeAt = new Map<string, number>();
        for (const { kind, atMs, lastsMs } of planFaults(seed, minutes)) {
          const { track, recoveryMs } = faultProfiles[kind];
          expect(atMs).to.be.at.least(freeAt.get(track) ?? 3_000);
          // Each time is rounded by itself.
          freeAt.set(track, atMs + lastsMs + recoveryMs - 1);
        }
        for (const endMs of freeAt.values()) expect(endMs).to.be.at.most(minutes * 60_000 - 6_000);
      }),
    );
  });

  it('leaves most of the time in which a write can be acknowledged', () => {
    fc.assert(
      fc.property(seeds, lengths, (seed, minutes) => {
        const away = ['restart-redis', 'stop-redis', 'cut-redis'];
        const awayMs = planFaults(seed, minutes)
          .filter(({ kind }) => away.includes(kind))
          .reduce((sum, { lastsMs }) => sum + lastsMs, 0);
        expect(awayMs).to.be.at.most(minutes * 6_000);
      }),
    );
  });

  it('spreads each kind over the run', () => {
    const minutes = 12;
    for (let seed = 0; seed < 50; seed++) {
      const plan = planFaults(seed, minutes);
      for (const kind of faultKinds) {
        const times = plan.filter((fault) => fault.kind === kind).map(({ atMs }) => atMs);
        const halves = [0, 1].map((half) => times.filter((at) => Math.floor(at / 360_000) === half).length);
        expect(Math.min(...halves), `${kind} of seed ${seed}`).to.be.at.least(3);
      }
    }
  });

  it('is the same for the same seed, and another for another', () => {
    expect(planFaults(7, 3)).to.deep.equal(planFaults(7, 3));
    expect(planFaults(7, 3)).not.to.deep.equal(planFaults(8, 3));
  });

  it('delays what is to be delayed, and nothing else', () => {
    for (const { kind, delayMs, target } of planFaults(1, 3)) {
      expect(delayMs > 0, kind).to.equal(kind.startsWith('delay-'));
      expect(target).to.be.within(0, 1);
    }
  });
});
