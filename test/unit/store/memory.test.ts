import { expect } from 'chai';
import { openMemoryStore } from '../../../adapters/memory/store.ts';
import type { RecordKey, Scope } from '../../../core/store/port.ts';

const scope: Scope = 'vpc/one';

describe('memory store', () => {
  it('forgets a request when its time is over, and not before', async () => {
    let nowMs = 1_000;
    const store = openMemoryStore({ now: () => nowMs, requestTtlMs: 100 });
    const call = (id: string) =>
      store.commit({
        scope,
        expect: new Map(),
        writes: [],
        request: { id, fingerprint: 'f', response: 'r' },
      });
    await call('first');
    nowMs += 50;
    await call('second');
    nowMs += 49;
    expect((await call('first')).outcome).to.equal('replayed');
    nowMs += 1;
    expect(await store.replay(scope, 'first')).to.equal(undefined);
    expect((await store.replay(scope, 'second'))?.revision).to.equal(2);
    expect(await call('first')).to.deep.equal({ outcome: 'committed', revision: 3 });
    nowMs += 50;
    expect(await store.replay(scope, 'second')).to.equal(undefined);
    expect((await store.replay(scope, 'first'))?.revision).to.equal(3);
  });

  it('tells the age of announcements and claims by its clock', async () => {
    let nowMs = 1_000;
    const store = openMemoryStore({ now: () => nowMs });
    await store.announce('vpc/a');
    nowMs += 10;
    await store.announce('vpc/b');
    expect(await store.announced(1, 10)).to.deep.equal([{ scope: 'vpc/a', ageMs: 10 }]);
    await store.announce('vpc/a');
    await store.settle('vpc/a', 1);
    nowMs += 5;
    expect(await store.announced(5, 10)).to.deep.equal([
      { scope: 'vpc/b', ageMs: 5 },
      { scope: 'vpc/a', ageMs: 5 },
    ]);
    await store.claim('port', 'p', 'one');
    nowMs += 7;
    expect(await store.claim('port', 'p', 'other')).to.deep.equal({ owner: 'one', ageMs: 7 });
    expect(await store.claim('port', 'p', 'one')).to.deep.equal({ owner: 'one', ageMs: 0 });
    expect(await store.claim('port', 'p', 'other')).to.deep.equal({ owner: 'one', ageMs: 0 });
  });

  it('is seen alike by all its users, whoever closes it', async () => {
    const store = openMemoryStore();
    await store.enlist('vpcs', 'one');
    await store.close();
    expect(await store.catalog('vpcs', '', 10)).to.deep.equal(['one']);
  });

  it('shows the right log however often a record is rewritten', async () => {
    const store = openMemoryStore();
    const keys: RecordKey[] = ['port/a', 'port/b', 'port/c'];
    // Enough for the log to be compacted several times.
    for (let round = 0; round < 5_000; round++) {
      const key = keys[round % 2]!;
      await store.commit({
        scope,
        expect: new Map(),
        writes: [{ key, body: String(round), logged: true }],
      });
      if (round === 100) {
        await store.commit({
          scope,
          expect: new Map(),
          writes: [{ key: 'port/c', body: undefined, logged: true }],
        });
      }
    }
    const { changes, through, head } = await store.changes(scope, 0, 10);
    expect(changes).to.deep.equal([
      { key: 'port/c', revision: 102, body: undefined },
      { key: 'port/a', revision: 5_000, body: '4998' },
      { key: 'port/b', revision: 5_001, body: '4999' },
    ]);
    expect([through, head]).to.deep.equal([5_001, 5_001]);
  });

  it('stays quick with 100,000 records in a scope', async function () {
    this.timeout(10_000);
    const store = openMemoryStore();
    const id = (index: number): string => String((index * 7_919) % 100_000).padStart(6, '0');
    for (let batch = 0; batch < 100; batch++) {
      const writes = Array.from({ length: 1_000 }, (_, index) => ({
        key: `port/${id(batch * 1_000 + index)}` as const,
        body: '{}',
        logged: true,
      }));
      await store.commit({ scope, expect: new Map(), writes });
    }
    const startedMs = performance.now();
    for (let index = 0; index < 1_000; index++) {
      const key: RecordKey = `port/${id(index)}`;
      await store.commit({ scope, expect: new Map(), writes: [{ key, body: '{"n":1}', logged: true }] });
      expect((await store.changes(scope, 100 + index, 10)).changes).to.have.length(1);
    }
    expect(performance.now() - startedMs).to.be.lessThan(2_000);
    expect(await store.list(scope, 'port', '099990', 100)).to.have.length(9);
  });
});
