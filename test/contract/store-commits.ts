import { expect } from 'chai';
import type { RecordKey } from '../../core/store/port.ts';
import {
  type GetStore,
  bury,
  commit,
  commitOf,
  keysOf,
  newScope,
  put,
  putUnlogged,
  record,
  removeUnlogged,
  request,
} from './store-values.ts';

export function describeCommits(getStore: GetStore): void {
  describe('commits', () => {
    it('starts a scope at revision 0 and incarnation 1', async () => {
      const store = getStore();
      const scope = newScope();
      expect(await store.status(scope)).to.deep.equal({
        incarnation: 1,
        revision: 0,
        dispatched: 0,
        due: 0,
        reports: 0,
      });
      expect(await store.read(scope, ['port/a'])).to.deep.equal([record('port/a', 0)]);
      expect(await store.read(scope, [])).to.deep.equal([]);
      expect(await store.changes(scope, 0, 10)).to.deep.equal({ changes: [], through: 0, head: 0 });
    });

    it('raises the revision by one with each commit, even an empty one', async () => {
      const store = getStore();
      const scope = newScope();
      expect(await commit(store, scope, put('port/a', '1'))).to.deep.equal({
        outcome: 'committed',
        revision: 1,
      });
      expect(await commit(store, scope)).to.deep.equal({ outcome: 'committed', revision: 2 });
      expect(await commit(store, newScope())).to.deep.equal({ outcome: 'committed', revision: 1 });
      expect((await store.status(scope)).revision).to.equal(2);
    });

    it('reads what was written, in the order of the keys, byte for byte', async () => {
      const store = getStore();
      const scope = newScope();
      const body = '{"text":"line\\n",\n"more":"\u00e4\u{1f600}\\u0000"}';
      await commit(store, scope, put('port/a', body), putUnlogged('mac/fa:16:3e:00:00:01', ''));
      expect(await store.read(scope, ['port/none', 'mac/fa:16:3e:00:00:01', 'port/a'])).to.deep.equal([
        record('port/none', 0),
        record('mac/fa:16:3e:00:00:01', 1, ''),
        record('port/a', 1, body),
      ]);
    });

    it('takes the last of several writes to one key', async () => {
      const store = getStore();
      const scope = newScope();
      await commit(store, scope, put('port/a', 'first'), bury('port/a'), put('port/a', 'last'));
      expect((await store.changes(scope, 0, 10)).changes).to.deep.equal([record('port/a', 1, 'last')]);
      expect(await store.list(scope, 'port', '', 10)).to.deep.equal([record('port/a', 1, 'last')]);
    });

    it('demands the values of counters before it adds to them', async () => {
      const store = getStore();
      const scope = newScope();
      const attempt = (ports: number, delta: number) =>
        store.commit({
          scope,
          expect: new Map(),
          expectCounters: new Map([['ports', ports]]),
          writes: [put('port/a', String(delta))],
          counters: new Map([['ports', delta]]),
        });
      expect(await attempt(1, 1), 'never counted is 0').to.deep.equal({ outcome: 'conflict' });
      expect(await store.status(scope)).to.include({ revision: 0 });
      expect(await attempt(0, 2)).to.deep.equal({ outcome: 'committed', revision: 1 });
      expect(await attempt(0, 1)).to.deep.equal({ outcome: 'conflict' });
      expect(await attempt(2, -2)).to.deep.equal({ outcome: 'committed', revision: 2 });
      expect(await attempt(0, 0), 'back to 0 is 0').to.include({ outcome: 'committed' });
      expect(await store.counters(scope, ['ports'])).to.deep.equal([0]);
    });

    it('keeps a tombstone of a logged record and nothing of an unlogged one', async () => {
      const store = getStore();
      const scope = newScope();
      await commit(store, scope, put('port/a', 'a'), putUnlogged('use/h', 'u'));
      await commit(store, scope, bury('port/a'), removeUnlogged('use/h'));
      expect(await store.read(scope, ['port/a', 'use/h'])).to.deep.equal([
        record('port/a', 2),
        record('use/h', 0),
      ]);
      expect(await store.list(scope, 'port', '', 10)).to.deep.equal([]);
      expect((await store.changes(scope, 0, 10)).changes).to.deep.equal([record('port/a', 2)]);
    });

    it('leaves the log when it is written unlogged', async () => {
      const store = getStore();
      const scope = newScope();
      await commit(store, scope, put('port/a', 'a'), put('port/b', 'b'));
      await commit(store, scope, putUnlogged('port/a', 'a2'), removeUnlogged('port/b'));
      expect(await store.list(scope, 'port', '', 10)).to.deep.equal([]);
      expect(await store.changes(scope, 0, 10)).to.deep.equal({ changes: [], through: 2, head: 2 });
    });

    const refusals: { name: string; expected: [RecordKey, number] }[] = [
      { name: 'an older revision', expected: ['port/changed', 1] },
      { name: 'a newer revision', expected: ['port/changed', 9] },
      { name: 'absence of what exists', expected: ['port/changed', 0] },
      { name: 'existence of what was never written', expected: ['port/none', 1] },
      { name: 'absence of what has a tombstone', expected: ['port/buried', 0] },
      { name: 'the version before a tombstone', expected: ['port/buried', 1] },
      { name: 'another revision of an unlogged record', expected: ['use/h', 1] },
      { name: 'an unlogged record that was removed', expected: ['use/gone', 1] },
    ];
    for (const { name, expected } of refusals) {
      it(`refuses a commit that expects ${name}, and writes nothing`, async () => {
        const store = getStore();
        const scope = newScope();
        const first = [put('port/changed', '1'), put('port/buried', '1'), putUnlogged('use/gone', '1')];
        await commit(store, scope, ...first);
        const second = [put('port/changed', '2'), bury('port/buried'), removeUnlogged('use/gone')];
        await commit(store, scope, ...second, putUnlogged('use/h', '2'));
        const refused = commitOf(scope, [put('port/new', 'x'), bury('port/changed')], {
          // A right expectation beside the wrong one.
          expect: new Map([['port/absent', 0], expected]),
          counters: new Map([['ports', 1]]),
          request: request('refused'),
        });

        expect(await store.commit(refused)).to.deep.equal({ outcome: 'conflict' });

        expect((await store.status(scope)).revision).to.equal(2);
        const keys: RecordKey[] = ['port/new', 'port/changed'];
        expect(await store.read(scope, keys)).to.deep.equal([
          record('port/new', 0),
          record('port/changed', 2, '2'),
        ]);
        expect(keysOf((await store.changes(scope, 0, 10)).changes)).to.have.members([
          'port/buried',
          'port/changed',
        ]);
        expect(await store.counters(scope, ['ports'])).to.deep.equal([0]);
        expect(await store.replay(scope, 'refused')).to.equal(undefined);
      });
    }

    it('commits when every expectation holds', async () => {
      const store = getStore();
      const scope = newScope();
      await commit(store, scope, put('port/a', '1'), put('port/b', '1'));
      await commit(store, scope, bury('port/b'));
      const expected = new Map<RecordKey, number>([
        ['port/a', 1],
        ['port/b', 2],
        ['port/c', 0],
      ]);
      const outcome = await store.commit(commitOf(scope, [put('port/b', '3')], { expect: expected }));
      expect(outcome).to.deep.equal({ outcome: 'committed', revision: 3 });
    });

    it('adds to counters and refuses what is not an integer, whole', async () => {
      const store = getStore();
      const scope = newScope();
      const amounts = (...entries: [string, number][]) => commitOf(scope, [], { counters: new Map(entries) });
      await store.commit(amounts(['ports', 2], ['hosts', 1]));
      await store.commit(amounts(['ports', -5], ['large', 2 ** 52]));
      const broken = await store
        .commit(amounts(['hosts', 1], ['ports', 0.5]))
        .catch((error: unknown) => error);
      expect(broken).to.have.property('code', 'invalid_argument');
      expect(await store.counters(scope, ['large', 'none', 'ports', 'hosts'])).to.deep.equal([
        2 ** 52,
        0,
        -3,
        1,
      ]);
      expect(await store.counters(scope, [])).to.deep.equal([]);
      expect((await store.status(scope)).revision).to.equal(2);
    });

    it('loses none of 200 parallel increments', async () => {
      const store = getStore();
      const scope = newScope();
      let conflicts = 0;
      const increment = async (): Promise<void> => {
        for (;;) {
          const [seen] = await store.read(scope, ['port/sum']);
          const body = String(Number(seen!.body ?? 0) + 1);
          const attempt = { expect: new Map([['port/sum', seen!.revision] as const]) };
          const { outcome } = await store.commit(commitOf(scope, [put('port/sum', body)], attempt));
          if (outcome === 'committed') return;
          conflicts++;
        }
      };
      await Promise.all(Array.from({ length: 200 }, increment));
      expect(await store.read(scope, ['port/sum'])).to.deep.equal([record('port/sum', 200, '200')]);
      expect(conflicts).to.be.greaterThan(0);
    });
  });
}
