import { expect } from 'chai';
import { Ledger } from '../../../chaos/model/ledger.ts';
import { cameBack } from '../../../chaos/model/observations.ts';
import { Sightings } from '../../../chaos/model/sightings.ts';

const CELL = 'x port/p';

describe('Sightings', () => {
  let ledger: Ledger;
  let sightings: Sightings;
  const look = (revision: number): void => {
    sightings.look({ host: 'a', vpcId: 'x', revision, keys: ['port/p', 'port/q'] });
  };

  beforeEach(() => {
    ledger = new Ledger();
    ledger.begin(new Map([[CELL, 'v1']])).acknowledged();
    sightings = new Sightings((cell) => ledger.isGone(cell));
  });

  it('find what a host holds at a revision from its deletion on', () => {
    ledger.begin(new Map([[CELL, undefined]])).acknowledged();
    look(8);
    look(6);
    const found = [{ host: 'a', scope: 'vpc/x', key: 'port/p', after: 8 }];
    expect(cameBack(sightings.returns(), () => 7)).to.deep.equal(found);
    expect(cameBack(sightings.returns(), () => 8)).to.deep.equal(found);
  });

  it('mind no host that has not come to the deletion yet', () => {
    ledger.begin(new Map([[CELL, undefined]])).acknowledged();
    look(6);
    expect(cameBack(sightings.returns(), () => 7)).to.deep.equal([]);
  });

  it('mind nothing that may still exist, nor what nobody knows', () => {
    look(8);
    ledger.begin(new Map([[CELL, undefined]]));
    look(9);
    expect(sightings.returns()).to.deep.equal([]);
  });
});
