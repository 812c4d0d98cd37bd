import { expect } from 'chai';
import type { StoredRecord } from '../../core/store/port.ts';
import { type GetStore, bury, commit, keysOf, newScope, put, putUnlogged, record } from './store-values.ts';

export function describeLog(getStore: GetStore): void {
  describe('log', () => {
    it('shows the newest version of each record only, by revision', async () => {
      const store = getStore();
      const scope = newScope();
      await commit(store, scope, put('port/a', '1'), put('port/b', '1'));
      await commit(store, scope, put('port/c', '2'), putUnlogged('use/h', '2'));
      await commit(store, scope, put('port/a', '3'));
      await commit(store, scope, bury('port/b'));
      const changes = [record('port/c', 2, '2'), record('port/a', 3, '3'), record('port/b', 4)];
      expect(await store.changes(scope, 0, 10)).to.deep.equal({ changes, through: 4, head: 4 });
      expect((await store.changes(scope, 2, 10)).changes).to.deep.equal(changes.slice(1));
      expect(await store.changes(scope, 4, 10)).to.deep.equal({ changes: [], through: 4, head: 4 });
      expect((await store.changes(scope, 99, 10)).changes).to.deep.equal([]);
    });

    it('never splits a revision', async () => {
      const store = getStore();
      const scope = newScope();
      await commit(store, scope, put('port/a', '1'));
      await commit(store, scope, ...['b', 'c', 'd', 'e'].map((id) => put(`port/${id}`, '2')));
      await commit(store, scope, put('port/f', '3'));

      const first = await store.changes(scope, 0, 2);
      expect(keysOf(first.changes)).to.deep.equal(['port/a', 'port/b', 'port/c', 'port/d', 'port/e']);
      expect(first).to.include({ through: 2, head: 3 });
      const second = await store.changes(scope, first.through, 2);
      expect(keysOf(second.changes)).to.deep.equal(['port/f']);
      expect(second).to.include({ through: 3, head: 3 });
    });

    it('reaches the head with the last page, though that is full or its last commit wrote no record', async () => {
      const store = getStore();
      const scope = newScope();
      await commit(store, scope, put('port/a', '1'));
      await commit(store, scope, put('port/b', '2'));
      await commit(store, scope, putUnlogged('use/h', '3'));
      expect(await store.changes(scope, 0, 1)).to.include({ through: 1, head: 3 });
      expect(await store.changes(scope, 1, 1)).to.include({ through: 3, head: 3 });
    });

    it('gives all changes over pages of any size', async () => {
      const store = getStore();
      const scope = newScope();
      for (let index = 0; index < 30; index++) {
        const writes = Array.from({ length: 1 + (index % 4) }, (_, n) =>
          put(`port/${(index * 7 + n) % 40}`, 'x'),
        );
        await commit(store, scope, ...writes);
      }
      const whole = await store.changes(scope, 0, 1_000);
      for (const limit of [1, 2, 3, 7, 39, 40, 41]) {
        const found: StoredRecord[] = [];
        let after = 0;
        for (;;) {
          const page = await store.changes(scope, after, limit);
          found.push(...page.changes);
          if (page.through === page.head) break;
          expect(page.through).to.be.greaterThan(after);
          expect(page.changes.length).to.be.at.least(limit);
          after = page.through;
        }
        expect(found).to.deep.equal(whole.changes);
      }
    });

    it('lists the live logged records of one kind in pages, by the bytes of the id', async () => {
      const store = getStore();
      const scope = newScope();
      const ids = ['10', '9', 'A', 'a', 'a/b', 'a0', '\u00e4', '\uff5e', '\u{1f600}'];
      await commit(store, scope, ...[...ids].reverse().map((id) => put(`port/${id}`, id)));
      await commit(store, scope, put('port-x/a', '1'), put('por/a', '1'), put('vpc/a', '1'));
      await commit(store, scope, putUnlogged('port/unlogged', '1'), bury('port/none'), bury('port/9'));
      const live = ids.filter((id) => id !== '9');

      expect(await store.list(scope, 'port', '', 100)).to.deep.equal(
        live.map((id) => record(`port/${id}`, 1, id)),
      );
      const found: string[] = [];
      for (;;) {
        const page = await store.list(scope, 'port', found.at(-1) ?? '', 3);
        if (page.length === 0) break;
        expect(page.length).to.be.at.most(3);
        found.push(...page.map(({ body }) => body!));
      }
      expect(found).to.deep.equal(live);
      expect(keysOf(await store.list(scope, 'port', '9', 1)), 'after an id that is gone').to.deep.equal([
        'port/A',
      ]);
      expect(await store.list(scope, 'subnet', '', 10)).to.deep.equal([]);
    });
  });
}
