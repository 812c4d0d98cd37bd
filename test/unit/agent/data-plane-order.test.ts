import { expect } from 'chai';
import type { DataPlane } from '../../../agent/data-plane.ts';
import { memoryJournal } from '../../../agent/journal/memory-journal.ts';
import type { Effect } from '../../../agent/state.ts';
import { scopes } from '../../../core/model/keys.ts';
import type { Entry } from '../../../core/model/view.ts';
import { World, assignmentOf, eventually, me, port, slotOfAssignment } from './fixture.ts';

describe('while the data plane applies a change', () => {
  const scope = scopes.vpc('a');
  let world: World;
  let open: () => void = () => undefined;
  let isSlow = false;
  let isHeld = false;
  const applied: Entry[] = [];
  const dataPlane: DataPlane = {
    apply: async (of, changed) => {
      if (of === scope && isSlow) {
        isHeld = true;
        await new Promise<void>((resolve) => (open = resolve));
      }
      if (of === scope) applied.push(...changed);
      return [];
    },
  };
  beforeEach(async () => {
    isSlow = false;
    isHeld = false;
    applied.length = 0;
    world = await World.create();
  });
  afterEach(async () => {
    open();
    await world.close();
  });

  it('the host does not report it', async () => {
    const agent = await world.agent({ dataPlane });
    await agent.ready();
    const assignment = assignmentOf('a', 1);
    await world.host(1, [assignment]);
    await world.join(assignment, 5, [port('p', 5)]);
    await eventually(() => world.scopeReports(scope).some(({ revision }) => revision === 5), 'joined');
    // A hole: the host asks again and again.
    await world.changes(slotOfAssignment(assignment), scope, [7, 8], [port('p', 8)]);
    await eventually(() => world.scopeReports(scope).some(({ needsSnapshot }) => needsSnapshot), 'asked');
    isSlow = true;
    await world.snapshot(slotOfAssignment(assignment), scope, 9, [port('p', 9)]);
    await eventually(() => isHeld, 'the data plane is at work');
    // It goes on asking for what it lacks, and each time says where it stands.
    const before = world.scopeReports(scope).length;
    await eventually(() => world.scopeReports(scope).length > before + 2, 'asked again');
    const said = world.scopeReports(scope).filter(({ revision }) => revision >= 9);
    expect(said, `${me} says that it has what is not applied`).to.deep.equal([]);
    open();
    await eventually(() => world.scopeReports(scope).some(({ revision }) => revision === 9), 'applied');
  });

  it('a journal that is compacted meanwhile does not have it', async () => {
    let live: () => Iterable<Effect> = () => [];
    const factory = memoryJournal(world.disk);
    const agent = await world.agent({ dataPlane, openJournal: (of) => ((live = of), factory(of)) });
    await agent.ready();
    const assignment = assignmentOf('a', 1);
    await world.host(1, [assignment]);
    await world.join(assignment, 5, [port('p', 5)]);
    await eventually(() => applied.length === 1, 'joined');
    isSlow = true;
    await world.changes(slotOfAssignment(assignment), scope, [5, 6], [port('p', 6)]);
    await eventually(() => isHeld, 'the data plane is at work');
    expect(applied).to.have.length(1);
    const kept = [...live()].find((effect) => effect.kind === 'scope' && effect.scope === scope);
    expect(kept).to.include({ revision: 5 });
  });
});
