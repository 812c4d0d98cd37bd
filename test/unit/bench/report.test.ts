import { expect } from 'chai';
import { barChartSvg } from '../../../bench/bar-chart-svg.ts';
import { readCounts } from '../../../bench/counts.ts';
import { lineChartSvg } from '../../../bench/line-chart-svg.ts';
import { place } from '../../../bench/report/page.ts';
import { UsageError } from '../../../bench/usage.ts';

describe('pages of results', () => {
  const figures = (text: string) => ({
    ...{ page: 'page', name: 'it', text },
    pictures: { '': { svg: '', alt: 'all' }, more: { svg: '', alt: 'more' } },
  });

  it('get the figures at their end, and then in place', () => {
    const once = place('# page\n\nprose\n', figures('one'));
    expect(once).to.equal(
      '# page\n\nprose\n\n<!-- figures of it -->\n\none\n\n![all](it.svg)\n\n![more](it-more.svg)\n\n<!-- end of it -->\n',
    );
    expect(place(`${once}\nmore prose\n`, figures('two'))).to.equal(
      `${once.replace('one', 'two')}\nmore prose\n`,
    );
  });

  it('keep the figures of other results', () => {
    const page = place(place('# page', figures('one')), { ...figures('other'), name: 'other' });
    expect(place(page, figures('two')))
      .to.include('two')
      .and.to.include('other');
  });
});

describe('pictures', () => {
  it('have bars in proportion, and none for what is missing', () => {
    const svg = barChartSvg({
      ...{ title: 'a < b', unit: 'ms', series: ['one', 'other'] },
      groups: [
        { name: 'x', values: [50, undefined] },
        { name: 'y', values: [100, 0] },
      ],
    });
    const widths = [...svg.matchAll(/<rect x="230" y="\d+" width="([\d.]+)" height="13"/g)].map(([, width]) =>
      Number(width),
    );
    expect(widths).to.deep.equal([230, 460, 0]);
    expect(svg).to.include('a &lt; b');
  });

  it('have linear scales from zero', () => {
    const svg = lineChartSvg({
      ...{ title: 't', x: 'x', y: 'y', scales: 'linear' },
      series: [
        {
          name: 's',
          style: 'line',
          colour: 0,
          points: [
            [0, 0],
            [5, 120],
            [10, 180],
          ],
        },
      ],
    });
    // 760 wide with 64 and 200 left out; 400 high with 34 and 48 left out.
    expect(svg).to.include('points="64,352 312,140 560,34"');
    expect(svg).to.include('>180<').and.not.to.include('>200<');
  });
});

describe('whole numbers of the command line', () => {
  const counts = { hosts: [5, 1, 10], warmUp: [0, 0, 9] } as const;

  it('are read by their names', () => {
    expect(readCounts([], counts)).to.deep.equal({ hosts: 5, warmUp: 0, json: false });
    expect(readCounts(['--warm-up', '3', '--json'], counts)).to.deep.equal({
      hosts: 5,
      warmUp: 3,
      json: true,
    });
  });

  it('are refused where they make no sense', () => {
    for (const args of [['--hosts', '11'], ['--hosts', 'x'], ['--warmUp', '1'], ['more']]) {
      expect(() => readCounts(args, counts), args.join(' ')).to.throw(UsageError);
    }
  });
});
