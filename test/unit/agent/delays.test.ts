import { expect } from 'chai';
import type { AgentOptions } from '../../../agent/ports.ts';
import type { JournalFactory } from '../../../agent/journal/journal.ts';
import { memoryJournal } from '../../../agent/journal/memory-journal.ts';
import { scopes } from '../../../core/model/keys.ts';
import { World, assignmentOf, eventually, port, slotOfAssignment } from './fixture.ts';
import { ReadingWorld, laneEntry } from './reading-fixture.ts';

const a = scopes.vpc('a');
const joined = assignmentOf('a', 1);
const slot = slotOfAssignment(joined);

type Delay = Parameters<NonNullable<NonNullable<AgentOptions['events']>['onDelay']>>[0];

describe('how long what is new took to an agent', () => {
  let world: World;
  let delays: Delay[];
  const events = { onDelay: (each: Delay) => delays.push(each) };
  beforeEach(async () => {
    world = await World.create();
    delays = [];
  });
  afterEach(() => world.close());

  it('is told once it is durable, of its last part, and of a snapshot that has a time', async () => {
    let durable = (): void => undefined;
    const disk = new Promise<void>((resolve) => (durable = resolve));
    const openJournal: JournalFactory = async (live) => {
      const opened = await memoryJournal(world.disk)(live);
      return { ...opened, journal: { ...opened.journal, flushed: () => disk } };
    };
    await world.agent({ openJournal }, { events });
    const sinceMs = Date.now();
    await world.join(joined, 5, [port('p', 3)], undefined, sinceMs);
    await world.changes(slot, a, [5, 6], [port('q', 6), port('r', 6)], { sinceMs, maxBytes: 1 });
    await eventually(() => world.agents[0]?.view('a')?.size === 3);
    expect(delays).to.deep.equal([]);
    durable();
    await eventually(() => delays.length === 2);
    for (const { sinceCommit, sinceSent } of delays) {
      expect(sinceCommit).to.be.within(0, 5);
      expect(sinceSent).to.be.within(0, sinceCommit);
    }
  });

  it('is not told of what came twice, has no time, or was committed before the agent began', async () => {
    const agent = await world.agent({}, { events });
    const sinceMs = Date.now();
    await world.join(joined, 5, [port('p', 3)]);
    await world.changes(slot, a, [5, 6], [port('p', 6)]);
    await world.changes(slot, a, [6, 7], [port('p', 7)], { sinceMs: sinceMs - 60_000 });
    await world.changes(slot, a, [7, 8], [port('p', 8)], { sinceMs });
    await world.changes(slot, a, [7, 8], [port('p', 8)], { sinceMs });
    await eventually(() => agent.counters.stale === 1 && delays.length > 0);
    expect(delays).to.have.length(1);
  });

  it('is no less than nothing, whatever the other clocks say', async () => {
    await world.agent({}, { events });
    await world.join(joined, 5, [port('p', 3)], undefined, Date.now() + 60_000);
    await eventually(() => delays.length === 1);
    expect(delays[0]?.sinceCommit).to.equal(0);
  });

  it('is told of what it reads along as well', async () => {
    const reading = await ReadingWorld.create();
    try {
      await reading.joined(laneEntry(4), { events });
      await reading.answer(5);
      const sinceMs = Date.now();
      await reading.publish(5, 6, [port('q', 6)], { sinceMs });
      await reading.publish(6, 7, [port('q', 7)]);
      await reading.has(7);
      expect(delays).to.have.length(1);
      expect(delays[0]?.sinceCommit).to.be.within(0, 5);
    } finally {
      await reading.world.close();
    }
  });
});
