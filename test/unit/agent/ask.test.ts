import { expect } from 'chai';
import { digestOf } from '../../../core/model/digest.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Entry } from '../../../core/model/view.ts';
import { World, assignmentOf, eventually, me, port, slotOfAssignment } from './fixture.ts';

const a = scopes.vpc('a');

/** What nobody waits for on a host of many. */
function subnet(id: string, revision: number): Entry {
  return { key: keys.subnet(id), revision, body: JSON.stringify({ id }) };
}

describe('an agent whose sender waits for it', () => {
  const joined = assignmentOf('a', 1);
  const slot = slotOfAssignment(joined);
  let world: World;
  beforeEach(async () => {
    world = await World.create();
    // Without being asked it would say nothing more for the rest of the test.
    await world.agent({}, { reportCoalesceMs: 60_000, heartbeatMs: 60_000 });
    // Else it would ask for that, and say what else there is along with it.
    await world.host(1, [joined]);
    await eventually(() => world.scopeReports(scopes.host(me)).at(-1)?.needsSnapshot === false);
    await world.join(joined, 5, [port('p', 3)]);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 5);
    world.reports.length = 0;
  });
  afterEach(() => world.close());

  it('reports at once what it has applied', async () => {
    await world.changes(slot, a, [5, 6], [subnet('q', 6)]);
    await world.changes(slot, a, [6, 7], [subnet('r', 7)], { ask: true });
    await eventually(() => world.scopeReports(a).length > 0);
    const entries = [port('p', 3), subnet('q', 6), subnet('r', 7)];
    expect(world.scopeReports(a)).to.deep.equal([
      {
        ...{ scope: a, epoch: 1, incarnation: 1, revision: 7, failures: [] },
        ...{ needsSnapshot: false, digest: digestOf(entries) },
      },
    ]);
  });

  it('reports at once that it knows that already', async () => {
    await world.changes(slot, a, [3, 4], [subnet('q', 4)], { ask: true });
    await eventually(() => world.scopeReports(a).length > 0);
    expect(world.scopeReports(a).map(({ revision }) => revision)).to.deep.equal([5]);
  });

  it('reports a message in parts when it is whole', async () => {
    const subnets = Array.from({ length: 5 }, (_, i) => subnet(`p${i}`, i + 6));
    await world.changes(slot, a, [5, 10], subnets, { ask: true, maxBytes: 1 });
    await eventually(() => world.scopeReports(a).length > 0);
    expect(world.scopeReports(a).map(({ revision }) => revision)).to.deep.equal([10]);
  });

  it('says that it lacks something, each time that it is asked', async () => {
    for (const to of [8, 9]) {
      const before = world.scopeReports(a).length;
      await world.changes(slot, a, [7, to], [subnet('q', to)], { ask: true });
      await eventually(() => world.scopeReports(a).length > before);
      expect(world.scopeReports(a).at(-1)).to.include({ revision: 5, needsSnapshot: true });
    }
  });
});
