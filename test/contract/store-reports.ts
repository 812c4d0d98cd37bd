import { expect } from 'chai';
import type { Report, Scope } from '../../core/store/port.ts';
import { type GetStore, commit, newScope, report } from './store-values.ts';

export function describeReports(getStore: GetStore): void {
  describe('reports', () => {
    it('keeps the newest by incarnation, then epoch, then revision', async () => {
      const store = getStore();
      const scope = newScope();
      const steps: { put: Report; kept: boolean }[] = [
        { put: report(1, 9), kept: true },
        { put: report(1, 8), kept: false },
        { put: report(1, 10), kept: true },
        { put: report(2, 3), kept: true },
        { put: report(1, 99), kept: false },
        { put: report(2, 3, { body: '{"text":"a\nb"}' }), kept: true },
        { put: report(10, 0), kept: true },
        { put: report(9, 9), kept: false },
        { put: report(1, 1, { incarnation: 2 }), kept: true },
        { put: report(10, 10), kept: false },
        { put: report(1, 0, { incarnation: 2 }), kept: false },
        { put: report(0, 0, { incarnation: 10 }), kept: true },
        { put: report(1, 1, { incarnation: 9 }), kept: false },
      ];
      let newest: Report | undefined;
      for (const { put, kept } of steps) {
        const which = `${put.incarnation}, ${put.epoch}, ${put.revision}`;
        expect(await store.putReport(scope, put), which).to.deep.equal({ kept, behind: false });
        if (kept) newest = put;
        expect(await store.reports(scope, ['h1'])).to.deep.equal([newest]);
      }
      expect((await store.status(scope)).reports, 'counts those that were kept').to.equal(7);
    });

    it('keeps none of an earlier incarnation than the scope’s, which begins with 1', async () => {
      const store = getStore();
      const scope = newScope();
      const keeps = async (incarnation: number): Promise<boolean> =>
        (await store.putReport(scope, report(1, 1, { incarnation }))).kept;
      expect(await keeps(0)).to.equal(false);
      await commit(store, scope);
      expect(await keeps(0)).to.equal(false);
      expect(await store.reports(scope, ['h1'])).to.deep.equal([undefined]);
      await store.reincarnate(scope, 1);
      expect(await keeps(1)).to.equal(false);
      expect(await keeps(2)).to.equal(true);
    });

    it('tells a reporter with an entry of its own below what was dispatched, also when the report is late', async () => {
      const store = getStore();
      const scope = newScope();
      const { token } = await store.beginDispatch(scope);
      const behind = async (reporter: string, revision: number): Promise<unknown> =>
        store.putReport(scope, report(1, revision, { reporter }));
      await store.advance({ scope, token, dispatched: 10, sent: new Map() });
      expect(await behind('h1', 5), 'it has none').to.deep.equal({ kept: true, behind: false });
      const sent = new Map([
        ['h1', 9],
        ['h2', 10],
        ['h3', 11],
      ]);
      await store.advance({ scope, token, dispatched: 10, sent });
      expect(await behind('h1', 5)).to.deep.equal({ kept: true, behind: true });
      expect(await behind('h1', 4)).to.deep.equal({ kept: false, behind: true });
      expect(await behind('h2', 5)).to.deep.equal({ kept: true, behind: false });
      expect(await behind('h3', 5)).to.deep.equal({ kept: true, behind: false });
      expect(await behind('h4', 5)).to.deep.equal({ kept: true, behind: false });
      await store.advance({ scope, token, dispatched: 11, sent: new Map(), sentAll: 11 });
      expect(await behind('h1', 6)).to.deep.equal({ kept: true, behind: false });
    });

    it('tells a reporter with an entry of its own below the base, once there is one', async () => {
      const store = getStore();
      const scope = newScope();
      const { token } = await store.beginDispatch(scope);
      const behind = async (reporter: string): Promise<boolean> =>
        (await store.putReport(scope, report(1, 5, { reporter }))).behind;
      await store.advance({ scope, token, dispatched: 10, sent: new Map(), sentAll: 8 });
      const sent = new Map([
        ['h1', 7],
        ['h2', 8],
        ['h3', 10],
      ]);
      await store.advance({ scope, token, dispatched: 12, sent });
      expect(await store.status(scope)).to.include({ dispatched: 12, due: 8 });
      expect((await store.beginDispatch(scope)).due).to.equal(8);
      expect([await behind('h1'), await behind('h2'), await behind('h3')]).to.deep.equal([
        true,
        false,
        false,
      ]);
    });

    it('takes a repeat for no news, but tells a reporter that is behind so each time', async () => {
      const store = getStore();
      const scope = newScope();
      const counted = async (): Promise<number> => (await store.status(scope)).reports;
      const put = (body: string): Promise<unknown> => store.putReport(scope, report(1, 5, { body }));
      expect(await put('a\nb')).to.deep.equal({ kept: true, behind: false });
      expect(await put('a\nb')).to.deep.equal({ kept: true, behind: false });
      expect(await counted()).to.equal(1);
      const { token } = await store.beginDispatch(scope);
      await store.advance({ scope, token, dispatched: 10, sent: new Map([['h1', 5]]) });
      expect(await put('a\nb')).to.deep.equal({ kept: true, behind: true });
      expect(await put('a\nb')).to.deep.equal({ kept: true, behind: true });
      expect(await counted()).to.equal(1);
      expect(await put('c')).to.deep.equal({ kept: true, behind: true });
      expect(await counted()).to.equal(2);
      expect(await store.reports(scope, ['h1'])).to.deep.equal([report(1, 5, { body: 'c' })]);
    });

    it('answers in the order asked', async () => {
      const store = getStore();
      const scope = newScope();
      await store.putReport(scope, report(1, 1, { body: 'one' }));
      await store.putReport(scope, report(1, 2, { body: '', reporter: 'h2' }));
      expect(await store.reports(scope, ['h2', 'none', 'h1'])).to.deep.equal([
        report(1, 2, { body: '', reporter: 'h2' }),
        undefined,
        report(1, 1, { body: 'one' }),
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
      expect((await store.putReport(scope, report(1, 1))).kept).to.equal(true);
    });

    describe('that go on from a kept one', () => {
      const setUp = async (): Promise<{ store: ReturnType<GetStore>; scope: Scope }> => {
        const store = getStore();
        const scope = newScope();
        for (let n = 1; n <= 5; n++) await commit(store, scope);
        return { store, scope };
      };

      it('are renewed: a repeat without counting as news, and what is newer, as far as the scope is', async () => {
        const { store, scope } = await setUp();
        await store.putReport(scope, report(2, 3));
        expect(await store.renewReport(scope, report(2, 3))).to.deep.equal({ behind: false });
        expect((await store.status(scope)).reports).to.equal(1);
        expect(await store.renewReport(scope, report(2, 3, { body: 'a\nb' }))).to.deep.equal({
          behind: false,
        });
        expect(await store.renewReport(scope, report(2, 5))).to.deep.equal({ behind: false });
        expect((await store.status(scope)).reports).to.equal(3);
        expect(await store.reports(scope, ['h1'])).to.deep.equal([report(2, 5)]);
      });

      it('are told that the reporter is behind', async () => {
        const { store, scope } = await setUp();
        const { token } = await store.beginDispatch(scope);
        await store.putReport(scope, report(1, 3));
        await store.advance({ scope, token, dispatched: 5, sent: new Map([['h1', 4]]) });
        expect(await store.renewReport(scope, report(1, 3))).to.deep.equal({ behind: true });
        expect(await store.renewReport(scope, report(1, 4))).to.deep.equal({ behind: true });
        await store.advance({ scope, token, dispatched: 5, sent: new Map([['h1', 5]]) });
        expect(await store.renewReport(scope, report(1, 4))).to.deep.equal({ behind: false });
      });

      it('all others are left to a closer look, and change nothing', async () => {
        const { store, scope } = await setUp();
        expect(await store.renewReport(newScope(), report(1, 1)), 'no such scope').to.equal(undefined);
        expect(await store.renewReport(scope, report(1, 1)), 'none kept').to.equal(undefined);
        await store.putReport(scope, report(2, 0));
        expect(await store.renewReport(scope, report(2, 1)), 'kept at 0').to.equal(undefined);
        await store.putReport(scope, report(2, 3));
        for (const other of [
          report(1, 3),
          report(3, 3),
          report(2, 2),
          report(2, 6),
          report(2, 3, { incarnation: 2 }),
          report(2, 3, { incarnation: 0 }),
          report(2, 3, { reporter: 'h2' }),
        ]) {
          expect(await store.renewReport(scope, other), JSON.stringify(other)).to.equal(undefined);
        }
        expect(await store.reports(scope, ['h1', 'h2'])).to.deep.equal([report(2, 3), undefined]);
        await store.reincarnate(scope, 1);
        expect(await store.renewReport(scope, report(2, 3)), 'forgotten').to.equal(undefined);
        await store.putReport(scope, report(2, 3, { incarnation: 2 }));
        expect(await store.renewReport(scope, report(2, 4)), 'of the incarnation before').to.equal(undefined);
        await store.forgetReport(scope, 'h1', 2);
        expect(await store.renewReport(scope, report(2, 3, { incarnation: 2 }))).to.equal(undefined);
      });
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
