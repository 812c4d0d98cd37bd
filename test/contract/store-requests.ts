import { expect } from 'chai';
import { type GetStore, commit, commitOf, newScope, put, record, request } from './store-values.ts';

export function describeRequests(getStore: GetStore): void {
  describe('requests', () => {
    it('answers a retried call as the first time, writing nothing', async () => {
      const store = getStore();
      const scope = newScope();
      const call = commitOf(scope, [put('port/a', '1')], {
        counters: new Map([['ports', 1]]),
        request: request('r1', 'print', '{"text":"two\nlines"}'),
      });
      expect(await store.commit(call)).to.deep.equal({ outcome: 'committed', revision: 1 });
      await commit(store, scope, put('port/b', '1'));

      const replayed = {
        outcome: 'replayed',
        revision: 1,
        fingerprint: 'print',
        response: '{"text":"two\nlines"}',
      };
      expect(await store.commit(call)).to.deep.equal(replayed);
      expect(await store.replay(scope, 'r1')).to.deep.equal(replayed);
      expect((await store.status(scope)).revision).to.equal(2);
      expect(await store.counters(scope, ['ports'])).to.deep.equal([1]);
    });

    it('shows the first fingerprint to a call with the same id and other contents', async () => {
      const store = getStore();
      const scope = newScope();
      await store.commit(commitOf(scope, [put('port/a', '1')], { request: request('r1', 'first', 'one') }));
      const other = commitOf(scope, [put('port/a', '2')], { request: request('r1', 'second', 'two') });
      expect(await store.commit(other)).to.deep.equal({
        outcome: 'replayed',
        revision: 1,
        fingerprint: 'first',
        response: 'one',
      });
      expect(await store.read(scope, ['port/a'])).to.deep.equal([record('port/a', 1, '1')]);
    });

    it('looks at the request before the expectations', async () => {
      const store = getStore();
      const scope = newScope();
      const call = commitOf(scope, [put('port/a', '1')], {
        expect: new Map([['port/a', 0]]),
        request: request('r1'),
      });
      await store.commit(call);
      expect((await store.commit(call)).outcome).to.equal('replayed');
      expect((await store.commit({ ...call, request: request('r2') })).outcome).to.equal('conflict');
    });

    it('keeps the requests of scopes apart', async () => {
      const store = getStore();
      const scope = newScope();
      await store.commit(commitOf(scope, [], { request: request('r1') }));
      expect(await store.replay(scope, 'r2')).to.equal(undefined);
      expect(await store.replay(newScope(), 'r1')).to.equal(undefined);
    });

    it('commits one of many parallel calls with one id', async () => {
      const store = getStore();
      const scope = newScope();
      const call = commitOf(scope, [], { counters: new Map([['calls', 1]]), request: request('r1') });
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.commit(call)));
      expect(outcomes.filter(({ outcome }) => outcome === 'committed')).to.have.length(1);
      expect(outcomes.filter(({ outcome }) => outcome === 'replayed')).to.have.length(19);
      expect(await store.counters(scope, ['calls'])).to.deep.equal([1]);
    });
  });
}
