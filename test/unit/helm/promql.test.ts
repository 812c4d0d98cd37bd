import { expect } from 'chai';
import { mentionedIn, parseSamples } from '../../support/promql.ts';

describe('what a PromQL expression is about', () => {
  const cases: readonly (readonly [
    expression: string,
    metrics: readonly string[],
    labels: readonly string[],
  ])[] = [
    ['up', ['up'], []],
    [
      'sum by (rpc, code) (rate(a_total{code!="ok",rpc=~"Get.*|by"}[5m]))',
      ['a_total'],
      ['code', 'rpc', 'rpc', 'code'],
    ],
    ['sum(rate(a_total[$__rate_interval])) without (instance)', ['a_total'], ['instance']],
    ['histogram_quantile(0.99, sum by (le) (rate(a_bucket[5m]))) > 1e3', ['a_bucket'], ['le']],
    ['a > 0.01 * b offset 5m unless on (x) group_left (y) c', ['a', 'b', 'c'], ['x', 'y']],
    ['absent(a) or absent(b{job="sum(x) {y}"})', ['a', 'b'], ['job']],
    ['max_over_time(a[1h:5m]) / +Inf', ['a'], []],
    ['topk(3, count_values("by", a))', ['a'], []],
    ["a{b='it\\'s'} == bool 1", ['a'], ['b']],
  ];
  for (const [expression, metrics, labels] of cases) {
    it(expression, () => {
      const { selected, grouping } = mentionedIn(expression);
      expect(selected.map(({ metric }) => metric)).to.deep.equal(metrics);
      expect([...selected.flatMap((each) => each.labels), ...grouping]).to.deep.equal(labels);
    });
  }

  it('is not guessed where brackets do not match', () => {
    for (const bad of ['sum(a', 'sum by (a', 'a{b="c"', 'a)']) {
      expect(() => mentionedIn(bad), bad).to.throw('brackets');
    }
  });

  it('is compared with what /metrics gives', () => {
    const samples = parseSamples('# TYPE a counter\na{x="1",le="+Inf"} 2\na{x="y\\"z"} 3.5e-3\nb NaN\n');
    expect(samples.get('a')).to.deep.equal([
      { labels: { x: '1', le: '+Inf' }, value: 2 },
      { labels: { x: 'y\\"z' }, value: 0.0035 },
    ]);
    expect(samples.get('b')?.[0]?.value).to.be.NaN;
    expect([...samples.keys()]).to.deep.equal(['a', 'b']);
  });
});
