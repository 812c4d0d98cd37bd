import { expect } from 'chai';
import { Observed, cameBack } from '../../../chaos/model/observations.ts';
import type { Observation } from '../../../chaos/model/observations.ts';

const SCOPE = 'vpc/x';

function seen(...lines: readonly Partial<Observation>[]): Observed {
  const observed = new Observed();
  const usual = { kind: 'durable', host: 'a', scope: SCOPE, incarnation: 1, revision: 1, set: [] } as const;
  for (const line of lines) observed.add({ ...usual, ...line });
  return observed;
}

const deleted = (at: number) => (): number => at;

describe('Observed', () => {
  it('sees a deleted resource come back', () => {
    const observed = seen(
      { revision: 5, set: [['port/p', 5]] },
      { revision: 8 },
      { revision: 9, set: [['port/p', 5]] },
    );
    expect(cameBack(observed.returns(), deleted(7))).to.deep.equal([
      { host: 'a', scope: SCOPE, key: 'port/p', after: 8 },
    ]);
  });

  it('minds nothing that came before the deletion was applied', () => {
    const observed = seen(
      { revision: 5, set: [['port/p', 5]] },
      { revision: 6 },
      { revision: 6, set: [['port/p', 5]] },
      { revision: 7 },
    );
    expect(cameBack(observed.returns(), deleted(7))).to.deep.equal([]);
  });

  it('minds nothing that exists, when a host that rejoins gets it again', () => {
    const observed = seen({ revision: 8 }, { revision: 9, set: [['port/p', 5]] });
    expect(observed.returns()).to.have.length(1);
    expect(cameBack(observed.returns(), () => undefined)).to.deep.equal([]);
  });

  it('keeps hosts and scopes apart', () => {
    const observed = seen(
      { revision: 8 },
      { host: 'b', revision: 5, set: [['port/p', 5]] },
      { scope: 'vpc/y', revision: 5, set: [['port/p', 5]] },
    );
    expect(observed.returns()).to.deep.equal([]);
  });

  it('sees an agent start with less than it had made durable', () => {
    const observed = seen({ revision: 8 }, { kind: 'started', revision: 6 });
    expect(observed.rollbacks).to.deep.equal([{ host: 'a', scope: SCOPE, durable: 8, started: 6 }]);
  });

  it('lets an agent start with what it had, or with more than it came to say', () => {
    const observed = seen(
      { revision: 8 },
      { kind: 'started', revision: 8 },
      { kind: 'started', revision: 9 },
    );
    expect(observed.rollbacks).to.deep.equal([]);
  });

  it('begins anew with a new incarnation, and ignores what is left of an older one', () => {
    const observed = seen(
      { revision: 8 },
      { incarnation: 2, revision: 3 },
      { incarnation: 1, revision: 4, set: [['port/p', 2]] },
      { incarnation: 2, kind: 'started', revision: 3 },
    );
    expect(observed.returns()).to.deep.equal([]);
    expect(observed.rollbacks).to.deep.equal([]);
  });
});
