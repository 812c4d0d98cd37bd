import { expect } from 'chai';
import fc from 'fast-check';
import { openMemoryStore } from '../../../adapters/memory/store.ts';
import type { RecordKey, RecordWrite, Scope, Store, StoredRecord } from '../../../core/store/port.ts';
import { readSnapshot } from '../../../core/store/snapshot.ts';

const scope: Scope = 'vpc/v';
const write: fc.Arbitrary<RecordWrite> = fc.record({
  key: fc.nat({ max: 9 }).map((id): RecordKey => `port/${id}`),
  body: fc.option(
    fc.nat().map((value) => JSON.stringify({ value })),
    { nil: undefined },
  ),
  logged: fc.constant(true),
});
const writes = fc.uniqueArray(write, { selector: ({ key }) => key, minLength: 1, maxLength: 4 });

async function commit(store: Store, batch: readonly RecordWrite[]): Promise<void> {
  await store.commit({ scope, expect: new Map(), writes: batch });
}

async function live(store: Store): Promise<Map<RecordKey, StoredRecord>> {
  const records = await store.list(scope, 'port', '', 100);
  return new Map(records.map((record) => [record.key, record]));
}

describe('snapshot', () => {
  it('is the scope at one revision, whatever is written while it is read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(writes),
        fc.array(writes),
        fc.integer({ min: 1, max: 5 }),
        async (before, during, page) => {
          const store = openMemoryStore();
          for (const batch of before) await commit(store, batch);
          const states = new Map([[before.length, await live(store)]]);
          const waiting = [...during];
          const busy: Store = {
            ...store,
            changes: async (...args) => {
              const result = await store.changes(...args);
              const batch = waiting.shift();
              if (batch !== undefined) {
                await commit(store, batch);
                states.set((await store.status(scope)).revision, await live(store));
              }
              return result;
            },
          };
          const { revision, records } = await readSnapshot(busy, scope, page);
          expect(states.has(revision)).to.be.true;
          expect(new Map([...records].sort())).to.deep.equal(states.get(revision));
        },
      ),
    );
  });

  it('of a scope that was never written is empty', async () => {
    const { revision, records } = await readSnapshot(openMemoryStore(), scope);
    expect([revision, records.size]).to.deep.equal([0, 0]);
  });

  it('holds unlogged records back', async () => {
    const store = openMemoryStore();
    await commit(store, [
      { key: 'mac/02', body: '{}', logged: false },
      { key: 'port/1', body: '{}', logged: true },
    ]);
    expect([...(await readSnapshot(store, scope)).records.keys()]).to.deep.equal(['port/1']);
  });
});
