import { expect } from 'chai';
import { hasPassed, resultOf } from '../../../chaos/result.ts';
import type { Figures } from '../../../chaos/result.ts';
import { faultKinds } from '../../../chaos/schedule/kinds.ts';
import type { FaultKind } from '../../../chaos/schedule/kinds.ts';

const each = (count: number) =>
  Object.fromEntries(faultKinds.map((kind) => [kind, count])) as Record<FaultKind, number>;

const good: Figures = {
  seed: 1,
  minutes: 3,
  faults: each(3),
  writes_acknowledged: 2_000,
  deletes_acknowledged: 500,
  writes_during_faults: 1,
  writes_lost: 0,
  agents: 20,
  agents_differing: 0,
  resurrected: 0,
  rolled_back: 0,
  settle_ms: 10,
};

describe('a result', () => {
  it('counts when it had enough writes, deletes and faults', () => {
    expect(resultOf(good).counted).to.equal(true);
  });

  const lacking: Readonly<Record<string, Partial<Figures>>> = {
    writes: { writes_acknowledged: 1_999 },
    deletes: { deletes_acknowledged: 499 },
    'writes during faults': { writes_during_faults: 0 },
    'faults of a kind': { faults: { ...each(10), 'stop-redis': 2 } },
  };
  for (const [what, figures] of Object.entries(lacking)) {
    it(`does not count when it lacked ${what}`, () => {
      expect(resultOf({ ...good, ...figures }).counted).to.equal(false);
    });
  }

  it('has passed when nothing was wrong, counted or not', () => {
    expect(hasPassed(resultOf(good))).to.equal(true);
    expect(hasPassed(resultOf({ ...good, writes_acknowledged: 0 }))).to.equal(true);
  });

  const wrong: readonly Partial<Figures>[] = [
    { writes_lost: 1 },
    { agents_differing: 1 },
    { resurrected: 1 },
    { rolled_back: 1 },
    { settle_ms: null },
  ];
  for (const figures of wrong) {
    it(`has not passed with ${JSON.stringify(figures)}`, () => {
      expect(hasPassed(resultOf({ ...good, ...figures }))).to.equal(false);
    });
  }
});
