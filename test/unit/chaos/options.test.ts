import { expect } from 'chai';
import { UsageError } from '../../../bench/usage.ts';
import { readOptions } from '../../../chaos/options.ts';

describe('options of chaos', () => {
  it('have defaults for a run that counts', () => {
    expect(readOptions([])).to.deep.equal({
      seed: 1,
      minutes: 3,
      agents: 20,
      workers: 4,
      rate: 25,
      appendfsync: 'always',
      bug: undefined,
      rolling: false,
      json: false,
    });
  });

  it('have other defaults for a run with restarts that counts', () => {
    expect(readOptions(['--rolling'])).to.include({ rolling: true, agents: 200, workers: 10, rate: 200 });
    expect(readOptions(['--rolling', '--agents', '20'])).to.include({ agents: 20, workers: 10, rate: 200 });
  });

  it('are read', () => {
    const args = '--seed 7 --minutes 10 --agents 3 --bug fencing --appendfsync everysec --json'.split(' ');
    expect(readOptions(args)).to.include({
      seed: 7,
      minutes: 10,
      agents: 3,
      workers: 3,
      bug: 'fencing',
      appendfsync: 'everysec',
      json: true,
    });
    expect(readOptions(['--help'])).to.equal(undefined);
  });

  const mistakes = [
    ['--seed', 'x'],
    ['--minutes', '0'],
    ['--rolling', '--minutes', '3'],
    ['--agents', '1'],
    ['--bug', 'none'],
    ['--appendfsync', 'no'],
    ['--colour'],
    ['run'],
  ];
  for (const args of mistakes) {
    it(`refuse ${args.join(' ')}`, () => {
      expect(() => readOptions(args)).to.throw(UsageError);
    });
  }
});
