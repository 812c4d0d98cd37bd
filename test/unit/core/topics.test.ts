import { expect } from 'chai';
import { topicNames } from '../../../core/placement/topics.ts';

describe('names of topics', () => {
  it('spread copies over as many namespaces as are given, and nothing else', () => {
    const spread = topicNames('t', 3);
    const names = spread.namespaces.map(({ name }) => name);
    expect(names.slice(0, 3)).to.deep.equal(['copies', 'copies-1', 'copies-2']);
    expect(names.slice(3)).to.deep.equal(
      topicNames('t')
        .namespaces.slice(1)
        .map(({ name }) => name),
    );
    const used = (topics: readonly string[]) => new Set(topics.map((topic) => topic.split('/')[3]));
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    for (const topics of [numbers.map((n) => spread.vpc(`v${n}`)), numbers.map((n) => spread.shared(8, n))]) {
      expect([...used(topics)]).to.have.members(['copies', 'copies-1', 'copies-2']);
    }
    expect(spread.fanOut('v')).to.equal(topicNames('t').fanOut('v'));
    expect(spread.vpc('v', 4).split('/')[3]).to.equal(spread.vpc('v').split('/')[3]);
  });

  it('are the same as ever with one', () => {
    const one = topicNames('t');
    expect([one.vpc('v'), one.vpc('v', 2)]).to.deep.equal([
      'persistent://t/copies/vpc-v',
      'persistent://t/copies/vpc2-v',
    ]);
  });
});
