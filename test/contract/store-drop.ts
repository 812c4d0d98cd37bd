import { expect } from 'chai';
import {
  type GetStore,
  commit,
  commitOf,
  newScope,
  put,
  putUnlogged,
  record,
  report,
  request,
} from './store-values.ts';

export function describeDrop(getStore: GetStore): void {
  it('drops a scope with all that is in it, and no other', async () => {
    const store = getStore();
    const scope = newScope();
    const other = newScope();
    await commit(store, other, put('port/a', 'kept'));
    const everything = {
      counters: new Map([['ports', 1]]),
      request: request('r'),
    };
    await store.commit(commitOf(scope, [put('port/a', '1'), putUnlogged('use/h', '1')], everything));
    await store.reincarnate(scope, 1);
    const { token } = await store.beginDispatch(scope);
    await store.advance({ scope, token, dispatched: 1, sent: new Map([['h', 1]]), sentAll: 1, mark: 1 });
    await store.putReport(scope, report(1, 1, { reporter: 'h', incarnation: 2 }));

    await store.drop(scope);

    const empty = { incarnation: 1, revision: 0, dispatched: 0, due: 0, reports: 0 };
    expect(await store.status(scope)).to.deep.equal(empty);
    expect(await store.read(scope, ['port/a', 'use/h'])).to.deep.equal([
      record('port/a', 0),
      record('use/h', 0),
    ]);
    expect(await store.list(scope, 'port', '', 10)).to.deep.equal([]);
    expect((await store.changes(scope, 0, 10)).changes).to.deep.equal([]);
    expect(await store.counters(scope, ['ports'])).to.deep.equal([0]);
    expect(await store.sent(scope, ['h', 'other'])).to.deep.equal([0, 0]);
    expect(await store.marks(scope)).to.deep.equal([]);
    expect(await store.reports(scope, ['h'])).to.deep.equal([undefined]);
    expect(await store.replay(scope, 'r')).to.equal(undefined);
    expect(await store.advance({ scope, token, dispatched: 1, sent: new Map() })).to.equal(false);
    expect((await store.read(other, ['port/a']))[0]).to.deep.equal(record('port/a', 1, 'kept'));
    await store.commit(commitOf(scope, [], { request: request('another') }));
    expect(await store.replay(scope, 'r'), 'once the scope lives again').to.equal(undefined);
    const again = await store.commit(commitOf(scope, [put('port/b', '1')], everything));
    expect(again, 'the request id is free again').to.deep.equal({ outcome: 'committed', revision: 2 });
  });
}
