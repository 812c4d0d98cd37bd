import { expect } from 'chai';
import { type GetStore, commit, newScope, put, record, report } from './store-values.ts';

const nobody = new Map<string, number>();

export function describeReincarnation(getStore: GetStore): void {
  describe('reincarnation', () => {
    it('begins dispatch and reports anew, keeps the records, and raises the revision', async () => {
      const store = getStore();
      const scope = newScope();
      const counters = new Map([['ports', 2]]);
      await store.commit({ scope, expect: new Map(), writes: [put('port/a', '1')], counters });
      const { token } = await store.beginDispatch(scope);
      const sent = new Map([['h1', 3]]);
      await store.advance({ scope, token, dispatched: 4, sent, sentAll: 2, mark: 4 });
      await store.putReport(scope, report(1, 1));

      expect(await store.reincarnate(scope, 1)).to.equal(true);

      const status = { incarnation: 2, revision: 2, dispatched: 0, due: 0, reports: 2 };
      expect(await store.status(scope)).to.deep.equal(status);
      expect(await store.sent(scope, ['h1', 'h2'])).to.deep.equal([0, 0]);
      expect(await store.marks(scope)).to.deep.equal([]);
      expect(await store.reports(scope, ['h1'])).to.deep.equal([undefined]);
      expect(await store.counters(scope, ['ports'])).to.deep.equal([2]);
      expect(await store.changes(scope, 0, 10)).to.deep.equal({
        changes: [record('port/a', 1, '1')],
        through: 2,
        head: 2,
      });
      expect(await commit(store, scope)).to.deep.equal({ outcome: 'committed', revision: 3 });
      expect(await store.reincarnate(scope, 2)).to.equal(true);
      expect(await store.status(scope)).to.include({ incarnation: 3, revision: 4, reports: 3 });
    });

    it('is refused from another incarnation, and where there is nothing', async () => {
      const store = getStore();
      const scope = newScope();
      expect(await store.reincarnate(scope, 1)).to.equal(false);
      await store.beginDispatch(scope);
      await store.putReport(scope, report(1, 1));
      expect(await store.reincarnate(scope, 1), 'never written').to.equal(false);
      const unwritten = { incarnation: 1, revision: 0, dispatched: 0, due: 0, reports: 1 };
      expect(await store.status(scope)).to.deep.equal(unwritten);

      await commit(store, scope);
      const { token } = await store.beginDispatch(scope);
      for (const other of [0, 2]) expect(await store.reincarnate(scope, other)).to.equal(false);
      expect(await store.status(scope)).to.deep.equal({ ...unwritten, revision: 1 });
      expect(await store.reports(scope, ['h1'])).to.deep.equal([report(1, 1)]);
      expect(await store.advance({ scope, token, dispatched: 1, sent: nobody }), 'not fenced').to.equal(true);
    });

    it('fences the turn under way', async () => {
      const store = getStore();
      const scope = newScope();
      await commit(store, scope);
      const { token } = await store.beginDispatch(scope);
      await store.reincarnate(scope, 1);
      const late = { scope, token, dispatched: 1, sent: new Map([['h1', 1]]), sentAll: 1, mark: 1 };
      expect(await store.advance(late)).to.equal(false);
      expect((await store.status(scope)).dispatched).to.equal(0);
      expect(await store.sent(scope, ['h1', 'h2'])).to.deep.equal([0, 0]);
      expect(await store.marks(scope)).to.deep.equal([]);
      const turn = await store.beginDispatch(scope);
      expect(turn).to.include({ incarnation: 2, revision: 2, dispatched: 0 });
      expect(turn.token).to.be.greaterThan(token);
      expect(await store.advance({ ...late, token: turn.token })).to.equal(true);
    });

    it('happens once, however many see the reason for it', async () => {
      const store = getStore();
      const scope = newScope();
      await commit(store, scope);
      const calls = Array.from({ length: 20 }, () => store.reincarnate(scope, 1));
      expect((await Promise.all(calls)).filter(Boolean)).to.have.length(1);
      expect(await store.status(scope)).to.include({ incarnation: 2, revision: 2, reports: 1 });
    });
  });
}
