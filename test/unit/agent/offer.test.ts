import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { DataPlane } from '../../../agent/data-plane.ts';
import type { Failure } from '../../../core/codec/report.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Entry } from '../../../core/model/view.ts';
import type { RecordKey, Scope } from '../../../core/store/port.ts';
import { World, assignmentOf, eventually, me, port, recordOf, removed, slotOfAssignment } from './fixture.ts';

const a = scopes.vpc('a');
const joined = assignmentOf('a', 1);

/** Remembers what it was called with, and refuses what it is told to. */
function recorder() {
  const calls: { scope: Scope; changed: readonly Entry[] }[] = [];
  const failing = new Map<RecordKey, string>();
  const dataPlane: DataPlane = {
    apply: (scope, changed) => {
      calls.push({ scope, changed });
      const failures = changed.flatMap(({ key, revision }): Failure[] => {
        const reason = failing.get(key);
        return reason === undefined ? [] : [{ key, revision, reason }];
      });
      return Promise.resolve(failures);
    },
  };
  const entriesOf = (scope: Scope) =>
    calls
      .flatMap((call) => (call.scope === scope ? call.changed : []))
      .map(({ key, revision }) => [key, revision]);
  return { calls, failing, dataPlane, entriesOf };
}

describe('an agent that starts with what is on its disk', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.close());

  const lastOf = (scope: Scope) => world.scopeReports(scope).at(-1);

  it('offers all of it to the data plane once, before what comes in', async () => {
    const first = await world.agent();
    await world.join(joined, 5, [port('p', 3), port('q', 5)]);
    await world.host(2, [joined]);
    await eventually(() => lastOf(a)?.revision === 5 && first.hostEntries().size === 1);
    await first.close();
    await world.changes(slotOfAssignment(joined), a, [5, 7], [removed(keys.port('p'), 6), port('r', 7)]);
    const { dataPlane, entriesOf } = recorder();
    await world.agent({ dataPlane });
    await eventually(() => lastOf(a)?.revision === 7);
    expect(entriesOf(a)).to.deep.equal([
      ['port/p', 3],
      ['port/q', 5],
      ['port/p', 6],
      ['port/r', 7],
    ]);
    expect(entriesOf(scopes.host(me))).to.deep.equal([[recordOf(joined, 2).key, 2]]);
  });

  it('reports what fails now, and no more what does not, also after the next start', async () => {
    const before = recorder();
    before.failing.set('port/p', 'no');
    before.failing.set('port/q', 'no');
    before.failing.set('port/gone', 'stuck');
    const first = await world.agent({ dataPlane: before.dataPlane });
    await world.join(joined, 5, [port('p', 3), port('q', 4), port('r', 5), port('gone', 5)]);
    await world.changes(slotOfAssignment(joined), a, [5, 6], [removed(keys.port('gone'), 6)]);
    await eventually(() => lastOf(a)?.revision === 6);
    await first.close();
    const failuresOf = () =>
      Object.fromEntries((lastOf(a)?.failures ?? []).map(({ key, reason }) => [key, reason]));
    expect(failuresOf()).to.deep.equal({ 'port/p': 'no', 'port/q': 'no', 'port/gone': 'stuck' });

    const now = recorder();
    now.failing.set('port/q', 'no');
    now.failing.set('port/r', 'new');
    // What was not removed cannot be offered, so nothing is known of it but that it failed.
    const expected = { 'port/q': 'no', 'port/r': 'new', 'port/gone': 'stuck' };
    const second = await world.agent({ dataPlane: now.dataPlane });
    await eventually(() => failuresOf()['port/r'] === 'new');
    expect(failuresOf()).to.deep.equal(expected);
    expect(lastOf(a)).to.include({ revision: 6, needsSnapshot: false });
    await second.close();
    world.reports.length = 0;
    await world.agent({ dataPlane: now.dataPlane });
    await eventually(() => world.scopeReports(a).length > 0);
    expect(failuresOf()).to.deep.equal(expected);
  });

  it('takes part meanwhile: registers, reports, and takes what is for other scopes', async () => {
    const first = await world.agent();
    const ports = Array.from({ length: 2_000 }, (_, i) => port(`p${i}`, 5));
    await world.join(joined, 5, ports);
    await world.join(assignmentOf('b', 1), 5, []);
    await eventually(() => first.scopes().filter(({ revision }) => revision === 5).length === 2);
    await first.close();
    world.reports.length = 0;
    let isStuck = false;
    let goOn: () => void = () => undefined;
    const { calls, dataPlane } = recorder();
    const slow: DataPlane = {
      apply: async (scope, changed) => {
        if (scope === a) {
          isStuck = true;
          await new Promise<void>((resolve) => (goOn = resolve));
        }
        return dataPlane.apply(scope, changed);
      },
    };
    const agent = await world.agent({ dataPlane: slow });
    await world.changes(slotOfAssignment(assignmentOf('b', 1)), scopes.vpc('b'), [5, 6], [port('q', 6)]);
    await world.changes(slotOfAssignment(joined), a, [5, 6], [port('q', 6)]);
    await agent.ready();
    await eventually(() => isStuck && lastOf(a)?.revision === 5 && lastOf(scopes.vpc('b'))?.revision === 6);
    expect(calls.every(({ scope }) => scope !== a)).to.equal(true);
    for (let n = 0; lastOf(a)?.revision !== 6; n++) {
      goOn();
      await delay(1);
      expect(n).to.be.below(5_000);
    }
    const offered = calls.filter(({ scope }) => scope === a);
    expect(offered.flatMap(({ changed }) => changed)).to.have.length(2_001);
    expect(offered.length, 'in pages').to.be.greaterThan(2);
  });

  it('ends at once while it offers', async () => {
    const first = await world.agent();
    await world.join(
      joined,
      5,
      Array.from({ length: 5_000 }, (_, i) => port(`p${i}`, 5)),
    );
    await eventually(() => lastOf(a)?.revision === 5);
    await first.close();
    const { calls, dataPlane } = recorder();
    const second = await world.agent({ dataPlane });
    await eventually(() => calls.length > 0);
    await second.drain();
    expect(calls.length).to.be.below(10);
  });
});
