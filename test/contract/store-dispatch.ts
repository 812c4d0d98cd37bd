import { expect } from 'chai';
import { MAX_MARKS } from '../../core/store/port.ts';
import { type GetStore, commit, newScope, put } from './store-values.ts';

const nobody = new Map<string, number>();

export function describeDispatch(getStore: GetStore): void {
  describe('dispatch', () => {
    it('gives each turn a higher token, with the state of the scope', async () => {
      const store = getStore();
      const scope = newScope();
      await commit(store, scope, put('port/a', '1'));
      const status = { incarnation: 1, revision: 1, dispatched: 0, due: 0, reports: 0 };
      expect(await store.beginDispatch(scope)).to.deep.equal({ ...status, token: 1 });
      expect(await store.beginDispatch(scope)).to.deep.equal({ ...status, token: 2 });
      const turns = await Promise.all(Array.from({ length: 20 }, () => store.beginDispatch(scope)));
      expect(new Set(turns.map(({ token }) => token)).size).to.equal(20);
    });

    it('lets only the newest turn advance', async () => {
      const store = getStore();
      const scope = newScope();
      await commit(store, scope, put('port/a', '1'));
      const older = await store.beginDispatch(scope);
      const newer = await store.beginDispatch(scope);
      const sent = new Map([['h1', 1]]);

      const late = { scope, token: older.token, dispatched: 1, sent, sentAll: 1, forget: ['h2'] };
      expect(await store.advance(late)).to.equal(false);
      expect((await store.status(scope)).dispatched).to.equal(0);
      expect(await store.sent(scope, ['h1', 'h2'])).to.deep.equal([0, 0]);

      expect(await store.advance({ ...late, token: newer.token })).to.equal(true);
      expect((await store.status(scope)).dispatched).to.equal(1);
      expect(await store.advance({ ...late, token: newer.token + 1 }), 'a turn to come').to.equal(false);
    });

    it('advances nothing before the first turn', async () => {
      const store = getStore();
      const scope = newScope();
      await commit(store, scope, put('port/a', '1'));
      expect(await store.advance({ scope, token: 0, dispatched: 1, sent: nobody })).to.equal(false);
      expect((await store.status(scope)).dispatched).to.equal(0);
    });

    it('answers with a receiver’s own entry, else with what all were sent', async () => {
      const store = getStore();
      const scope = newScope();
      const { token } = await store.beginDispatch(scope);
      const receivers = ['h1', 'h2', 'h3'];
      const steps = [
        { sent: new Map([['h1', 3]]), result: [3, 0, 0] },
        // Named receivers are excepted from `sentAll`, upwards and downwards; older entries are forgotten.
        { sentAll: 5, sent: new Map([['h2', 2]]), result: [5, 2, 5] },
        { sent: new Map([['h3', 7]]), result: [5, 2, 7] },
        { sent: new Map([['h1', 1]]), result: [1, 2, 7] },
        { sentAll: 9, sent: nobody, result: [9, 9, 9] },
      ];
      for (const [index, { result, ...step }] of steps.entries()) {
        expect(await store.advance({ scope, token, dispatched: index, ...step })).to.equal(true);
        expect(await store.sent(scope, receivers), `step ${index}`).to.deep.equal(result);
      }
      expect(await store.sent(scope, ['h3', 'h3', 'new'])).to.deep.equal([9, 9, 9]);
      expect(await store.sent(scope, [])).to.deep.equal([]);
    });

    it('forgets receivers, and remembers one that is named again at once', async () => {
      const store = getStore();
      const scope = newScope();
      const { token } = await store.beginDispatch(scope);
      const both = new Map([
        ['h1', 4],
        ['h2', 4],
      ]);
      await store.advance({ scope, token, dispatched: 4, sent: both });
      const forget = ['h1', 'h2', 'never-there'];
      await store.advance({ scope, token, dispatched: 5, sent: new Map([['h2', 5]]), forget });
      expect(await store.sent(scope, ['h1', 'h2'])).to.deep.equal([0, 5]);
    });

    it('keeps marks in order, once each, and as many as there may be', async () => {
      const store = getStore();
      const scope = newScope();
      expect(await store.marks(scope)).to.deep.equal([]);
      const { token } = await store.beginDispatch(scope);
      const mark = (revision: number): Promise<boolean> =>
        store.advance({ scope, token, dispatched: revision, sent: nobody, mark: revision });
      for (const revision of [9, 10, 10, 1_000, 9]) expect(await mark(revision)).to.equal(true);
      await store.advance({ scope, token, dispatched: 2_000, sent: new Map([['h1', 3]]), sentAll: 5 });
      expect(await store.marks(scope)).to.deep.equal([9, 10, 1_000]);

      for (let n = 1; n <= MAX_MARKS; n++) {
        await mark(1_000 + 10 * n);
        const marks = await store.marks(scope);
        expect(marks).to.have.length(Math.min(MAX_MARKS, 3 + n));
        expect(marks.at(-1)).to.equal(1_000 + 10 * n);
      }
      const newest = Array.from({ length: MAX_MARKS }, (_, index) => 1_010 + 10 * index);
      expect(await store.marks(scope)).to.deep.equal(newest);
      await mark(1_020);
      expect(await store.marks(scope), 'one that is there pushes none out').to.deep.equal(newest);
    });

    it('marks nothing for a turn that is over', async () => {
      const store = getStore();
      const scope = newScope();
      const { token } = await store.beginDispatch(scope);
      await store.advance({ scope, token, dispatched: 1, sent: nobody, mark: 1 });
      await store.beginDispatch(scope);
      expect(await store.advance({ scope, token, dispatched: 2, sent: nobody, mark: 2 })).to.equal(false);
      expect(await store.marks(scope)).to.deep.equal([1]);
    });
  });
}
