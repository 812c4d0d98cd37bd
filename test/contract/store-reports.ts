import { expect } from 'chai';
import type { Report } from '../../core/store/port.ts';
import { type GetStore, newScope } from './store-values.ts';

function report(epoch: number, revision: number, body = '{}', reporter = 'h1'): Report {
  return { reporter, epoch, revision, body };
}

export function describeReports(getStore: GetStore): void {
  describe('reports', () => {
    it('keeps the newest by epoch, then revision', async () => {
      const store = getStore();
      const scope = newScope();
      const steps: { put: Report; kept: boolean }[] = [
        { put: report(1, 9), kept: true },
        { put: report(1, 8), kept: false },
        { put: report(1, 10), kept: true },
        { put: report(2, 3), kept: true },
        { put: report(1, 99), kept: false },
        { put: report(2, 3, '{"text":"a\nb"}'), kept: true },
        { put: report(10, 0), kept: true },
        { put: report(9, 9), kept: false },
      ];
      let newest: Report | undefined;
      for (const { put, kept } of steps) {
        expect(await store.putReport(scope, put), `${put.epoch}, ${put.revision}`).to.equal(kept);
        if (kept) newest = put;
        expect(await store.reports(scope, ['h1'])).to.deep.equal([newest]);
      }
      expect((await store.status(scope)).reports, 'counts those that were kept').to.equal(5);
    });

    it('answers in the order asked', async () => {
      const store = getStore();
      const scope = newScope();
      await store.putReport(scope, report(1, 1, 'one', 'h1'));
      await store.putReport(scope, report(1, 2, '', 'h2'));
      expect(await store.reports(scope, ['h2', 'none', 'h1'])).to.deep.equal([
        report(1, 2, '', 'h2'),
        undefined,
        report(1, 1, 'one', 'h1'),
      ]);
      expect(await store.reports(scope, [])).to.deep.equal([]);
    });

    it('forgets a report, unless the reporter has come back in a later epoch', async () => {
      const store = getStore();
      const scope = newScope();
      await store.putReport(scope, report(10, 1));
      await store.forgetReport(scope, 'h1', 9);
      expect(await store.reports(scope, ['h1'])).to.deep.equal([report(10, 1)]);
      await store.forgetReport(scope, 'h1', 10);
      expect(await store.reports(scope, ['h1'])).to.deep.equal([undefined]);
      await store.forgetReport(scope, 'h1', 10);
      expect(await store.putReport(scope, report(1, 1))).to.equal(true);
    });

    it('lets the newest of parallel reports win', async () => {
      const store = getStore();
      const scope = newScope();
      const revisions = Array.from({ length: 30 }, (_, index) => (index * 7) % 30);
      await Promise.all(revisions.map((revision) => store.putReport(scope, report(1, revision))));
      expect(await store.reports(scope, ['h1'])).to.deep.equal([report(1, 29)]);
    });
  });
}
