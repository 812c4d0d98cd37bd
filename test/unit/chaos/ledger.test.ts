import { expect } from 'chai';
import { Ledger, isBack } from '../../../chaos/model/ledger.ts';
import type { Value } from '../../../chaos/model/ledger.ts';

const CELL = 'vpc-1 port/a';

function write(ledger: Ledger, value: Value) {
  return ledger.begin(new Map([[CELL, value]]));
}

function lossesOf(ledger: Ledger, stored: Value) {
  return ledger.losses(stored === undefined ? new Map() : new Map([[CELL, stored]]));
}

describe('Ledger', () => {
  let ledger: Ledger;
  beforeEach(() => {
    ledger = new Ledger();
    write(ledger, 'v1').acknowledged();
  });

  it('demands what was acknowledged last', () => {
    write(ledger, 'v2').acknowledged();
    expect(lossesOf(ledger, 'v2')).to.deep.equal([]);
    expect(lossesOf(ledger, 'v1')).to.deep.equal([{ cell: CELL, stored: 'v1', allowed: ['v2'] }]);
    expect(lossesOf(ledger, undefined)).to.deep.equal([{ cell: CELL, stored: undefined, allowed: ['v2'] }]);
  });

  it('lets an attempt with an unknown end have happened or not, and nothing else', () => {
    write(ledger, 'v2').acknowledged();
    write(ledger, 'v3');
    expect(lossesOf(ledger, 'v2')).to.deep.equal([]);
    expect(lossesOf(ledger, 'v3')).to.deep.equal([]);
    expect(lossesOf(ledger, 'v1')).to.have.length(1);
    expect(lossesOf(ledger, undefined)).to.have.length(1);
  });

  it('forgets unknown attempts when a later one is acknowledged', () => {
    write(ledger, 'v2');
    write(ledger, 'v3').acknowledged();
    expect(lossesOf(ledger, 'v2')).to.have.length(1);
  });

  it('does not allow what was refused', () => {
    write(ledger, 'v2').refused();
    expect(lossesOf(ledger, 'v1')).to.deep.equal([]);
    expect(lossesOf(ledger, 'v2')).to.have.length(1);
  });

  it('demands that what was deleted is gone, and calls it back when it is not', () => {
    write(ledger, undefined).acknowledged();
    expect(lossesOf(ledger, undefined)).to.deep.equal([]);
    const losses = lossesOf(ledger, 'v1');
    expect(losses).to.have.length(1);
    expect(losses.map(isBack)).to.deep.equal([true]);
  });

  it('does not call back what is lost, or has an older version', () => {
    write(ledger, 'v2').acknowledged();
    expect([...lossesOf(ledger, undefined), ...lossesOf(ledger, 'v1')].map(isBack)).to.deep.equal([
      false,
      false,
    ]);
  });

  it('lets a deletion with an unknown end have happened or not', () => {
    write(ledger, undefined);
    expect(lossesOf(ledger, undefined)).to.deep.equal([]);
    expect(lossesOf(ledger, 'v1')).to.deep.equal([]);
  });

  it('finds what nobody wrote', () => {
    const stored = new Map([
      [CELL, 'v1'],
      ['vpc-1 port/b', 'v1'],
    ]);
    expect(ledger.losses(stored).map(({ cell }) => cell)).to.deep.equal(['vpc-1 port/b']);
  });

  it('takes the cells of one write together', () => {
    const both = new Map<string, Value>([
      [CELL, undefined],
      ['vpc-1 binding/a', undefined],
    ]);
    ledger.begin(both).acknowledged();
    const stored = new Map([['vpc-1 binding/a', 'host-1']]);
    expect(ledger.losses(stored).map(({ cell }) => cell)).to.deep.equal(['vpc-1 binding/a']);
  });
});
