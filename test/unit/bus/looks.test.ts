import { expect } from 'chai';
import { Looks } from '../../../adapters/pulsar/looks.ts';
import { eventually } from '../../support/eventually.ts';

describe('looks at many things', () => {
  it('look at all of them in one turn of the event loop, and at none that has ended', async () => {
    const looks = new Looks(1);
    const turns: string[][] = [];
    let turn: string[] | undefined;
    const look = (name: string) => (): void => {
      if (turn === undefined) {
        turns.push((turn = []));
        setImmediate(() => (turn = undefined));
      }
      turn.push(name);
    };
    const endA = looks.add(look('a'));
    const endB = looks.add(look('b'));
    await eventually(() => {
      expect(turns).to.deep.include(['a', 'b']);
    });
    endA();
    turns.length = 0;
    await eventually(() => {
      expect(turns.length).to.be.greaterThan(2);
    });
    expect(turns.flat()).to.not.include('a');
    endB();
    turns.length = 0;
    const endC = looks.add(look('c'));
    await eventually(() => {
      expect(turns.length).to.be.greaterThan(2);
    });
    expect(new Set(turns.flat())).to.deep.equal(new Set(['c']));
    endC();
  });
});
