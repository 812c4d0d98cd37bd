import { expect } from 'chai';
import type { RecordKey } from '../../core/store/port.ts';
import { type GetStore, commit, commitOf, newScope, put } from './store-values.ts';

/** Larger than what a naive script could pass on in one command. */
export function describeSizes(getStore: GetStore): void {
  describe('sizes', () => {
    const ids = Array.from({ length: 5_000 }, (_, index) => String(index).padStart(5, '0'));
    const keys = ids.map((id): RecordKey => `port/${id}`);

    it('commits 5,000 writes with as many expectations and counters', async () => {
      const store = getStore();
      const scope = newScope();
      const large = {
        expect: new Map(keys.map((key) => [key, 0])),
        counters: new Map(ids.map((id) => [id, 1])),
      };
      const writes = keys.map((key) => put(key, `{"key":"${key}"}`));
      expect(await store.commit(commitOf(scope, writes, large))).to.deep.equal({
        outcome: 'committed',
        revision: 1,
      });
      expect((await store.commit(commitOf(scope, writes, large))).outcome).to.equal('conflict');
      await commit(store, scope, put('port/99999', 'last'));

      const page = await store.changes(scope, 0, 1);
      expect(page.changes, 'one revision').to.have.length(5_000);
      expect(page).to.include({ through: 1, head: 2 });
      expect((await store.changes(scope, 0, 5_001)).changes).to.have.length(5_001);
      expect((await store.list(scope, 'port', '', 10_000)).map(({ key }) => key)).to.deep.equal([
        ...keys,
        'port/99999',
      ]);
      expect((await store.read(scope, keys)).every(({ key, body }) => body === `{"key":"${key}"}`)).to.be
        .true;
      expect(await store.counters(scope, ids)).to.deep.equal(ids.map(() => 1));
    });

    it('advances 20,000 receivers, and a hundred thousand as one', async () => {
      const store = getStore();
      const scope = newScope();
      const { token } = await store.beginDispatch(scope);
      const hosts = Array.from({ length: 100_000 }, (_, index) => `host-${index}`);
      const sent = new Map(hosts.slice(0, 20_000).map((host, index) => [host, index + 1]));
      expect(await store.advance({ scope, token, dispatched: 1, sent })).to.equal(true);
      expect(await store.sent(scope, hosts)).to.deep.equal(
        hosts.map((_, index) => (index < 20_000 ? index + 1 : 0)),
      );
      const forget = hosts.slice(0, 10_000);
      const stragglers = new Map([['host-5', 2]]);
      await store.advance({ scope, token, dispatched: 2, sent: stragglers, forget });
      expect(await store.sent(scope, ['host-0', 'host-5', 'host-9999', 'host-10000'])).to.deep.equal([
        0, 2, 0, 10_001,
      ]);
      await store.advance({ scope, token, dispatched: 3, sent: stragglers, sentAll: 30_000 });
      expect(await store.sent(scope, ['host-0', 'host-5', 'host-19999'])).to.deep.equal([30_000, 2, 30_000]);
    });
  });
}
