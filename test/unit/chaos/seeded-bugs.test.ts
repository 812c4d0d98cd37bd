import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openMemoryStore } from '../../../adapters/memory/store.ts';
import { openFileJournal } from '../../../agent/journal/file-journal.ts';
import type { JournalFactory } from '../../../agent/journal/journal.ts';
import type { Effect } from '../../../agent/state.ts';
import { ackEarly } from '../../../chaos/programs/ack-early.ts';
import { faultyStore } from '../../../chaos/programs/faulty-store.ts';
import { silentLogger } from '../../../core/logger.ts';
import type { RecordKey, Scope, Store } from '../../../core/store/port.ts';

const SCOPE: Scope = 'vpc/x';

async function put(store: Store, key: RecordKey, body: string | undefined): Promise<void> {
  const [record] = await store.read(SCOPE, [key]);
  await store.commit({
    scope: SCOPE,
    expect: new Map([[key, record?.revision ?? 0]]),
    writes: [{ key, body, logged: true }],
  });
}

describe('seeded bugs', () => {
  let store: Store;
  beforeEach(async () => {
    store = openMemoryStore();
    await put(store, 'port/a', '{}');
    await put(store, 'port/b', '{}');
  });
  afterEach(() => store.close());

  it('tombstones: a removal leaves nothing in the log', async () => {
    await put(store, 'port/a', undefined);
    const keysOf = async (from: Store): Promise<RecordKey[]> =>
      (await from.changes(SCOPE, 0, 10)).changes.map(({ key }) => key);
    expect(await keysOf(store)).to.deep.equal(['port/b', 'port/a']);
    expect(await keysOf(faultyStore(store, 'tombstones'))).to.deep.equal(['port/b']);
  });

  it('fencing: a turn that was overtaken skips what it did not send', async () => {
    const { token } = await store.beginDispatch(SCOPE);
    await store.beginDispatch(SCOPE);
    const late = { scope: SCOPE, token, dispatched: 1, sent: new Map<string, number>() };
    expect(await store.advance(late)).to.equal(false);
    expect(await faultyStore(store, 'fencing').advance(late)).to.equal(true);
    expect((await store.status(SCOPE)).dispatched).to.equal(2);
  });

  it('knows no other bug of a store', () => {
    expect(() => faultyStore(store, 'ack-early')).to.throw('no bug "ack-early"');
  });
});

describe('the seeded bug ack-early', () => {
  const effect: Effect = { kind: 'drop', scope: SCOPE };
  let directory: string;
  let journal: JournalFactory;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vpcast-ack-early-'));
    journal = (live) => openFileJournal({ directory, logger: silentLogger }, live);
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** What there is after the end of a process that was told that the effect is durable. */
  async function effectsAfter(factory: JournalFactory): Promise<readonly Effect[]> {
    const opened = await factory(() => []);
    await opened.journal.append([effect]);
    await opened.journal.close();
    const again = await journal(() => []);
    await again.journal.close();
    return again.effects;
  }

  it('loses what the journal itself keeps', async () => {
    expect(await effectsAfter(ackEarly(journal))).to.deep.equal([]);
    expect(await effectsAfter(journal)).to.deep.equal([effect]);
  });
});
