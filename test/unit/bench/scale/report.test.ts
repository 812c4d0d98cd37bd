import { expect } from 'chai';
import { regionChart, validationChart } from '../../../../bench/scale/charts.ts';
import { readScaleOptions } from '../../../../bench/scale/options.ts';
import { scaleReport } from '../../../../bench/scale/report.ts';
import { runScale } from '../../../../bench/scale/run.ts';
import { UsageError } from '../../../../bench/usage.ts';

describe('command line of the scale bench', () => {
  it('fits what --from names, and else the first that is to be validated', () => {
    const { from, validate } = readScaleOptions(['--validate', 'a.json', '--validate', 'b.json']);
    expect({ from, validate }).to.deep.equal({ from: 'a.json', validate: ['b.json'] });
    const given = readScaleOptions(['--from', 'c.json', '--validate', 'a.json']);
    expect([given.from, given.validate]).to.deep.equal(['c.json', ['a.json']]);
  });

  it('refuses what makes no sense', () => {
    for (const args of [
      ['--exponent', '0'],
      ['--exponent', 'x'],
      ['--hosts', '1'],
      ['--speed', '9'],
    ]) {
      expect(() => readScaleOptions(args), args.join(' ')).to.throw(UsageError);
    }
  });

  it('refuses a file that is no result of the multicast bench', async () => {
    const outcome = await runScale(readScaleOptions(['--from', 'package.json'])).catch(
      (error: unknown) => error,
    );
    expect(outcome).to.be.instanceOf(UsageError);
  });
});

describe('report of the scale bench', () => {
  it('has a number wherever one belongs, and says the same every time', async () => {
    const result = await runScale(readScaleOptions([]));
    const texts = [scaleReport(result), validationChart(result), regionChart(result.region)];
    for (const text of texts) expect(text).not.to.match(/NaN|undefined|Infinity|null/);
    const again = await runScale(readScaleOptions([]));
    expect(scaleReport(again)).to.equal(texts[0]);
  });

  it('has more deliveries where more changes, and the same VPCs', async () => {
    const [busy, quiet] = await Promise.all(
      ['10000', '100'].map((changes) => runScale(readScaleOptions(['--changes', changes]))),
    );
    expect(quiet!.region.vpcs).to.equal(busy!.region.vpcs);
    busy!.region.lanes.forEach(({ lane, peak }, n) => {
      expect(peak.deliveries_per_s, lane.name).to.be.above(quiet!.region.lanes[n]!.peak.deliveries_per_s);
    });
  });
});
