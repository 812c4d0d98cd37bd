import { expect } from 'chai';
import { eventually, port, revisions } from './fixture.ts';
import { ReadingWorld, joined, laneEntry, slot, a } from './reading-fixture.ts';

describe('what an agent that reads along gets early', () => {
  let reading: ReadingWorld;
  beforeEach(async () => {
    reading = await ReadingWorld.create();
  });
  afterEach(() => reading.world.close());

  it('waits for a copy, when it was read', async () => {
    const agent = await reading.reading();
    await reading.publish(6, 7, [port('r', 7)]);
    await reading.publish(7, 8, [port('s', 8)]);
    await reading.waiting();
    await reading.copy(5, 6, port('q', 6));
    await reading.has(8);
    expect(agent.counters.gaps).to.equal(0);
    expect(reading.early.size).to.equal(0);
  });

  it('waits for what is read, when it is a copy', async () => {
    const agent = await reading.reading();
    await reading.copy(6, 7, port('r', 7));
    await reading.copy(7, 8, port('s', 8));
    await reading.waiting();
    await reading.publish(5, 6, [port('q', 6)]);
    await reading.has(8);
    expect(agent.counters.gaps).to.equal(0);
    await eventually(async () => (await reading.world.backlog(joined.lane.topic)) === 0);
  });

  it('asks for a snapshot when nothing comes', async () => {
    const agent = await reading.reading();
    await reading.publish(6, 7, [port('r', 7)]);
    await reading.waiting();
    expect(reading.last?.needsSnapshot).to.equal(false);
    reading.inVain();
    await eventually(() => reading.last?.needsSnapshot === true);
    expect(agent.counters.gaps).to.equal(1);
    await reading.world.snapshot(slot, a, 7, [laneEntry(4), port('r', 7)]);
    await reading.has(7);
    expect(reading.last?.needsSnapshot).to.equal(false);
  });

  it('waits for the snapshot that was asked for, as long as it takes, when it was read', async () => {
    const agent = await reading.reading();
    await reading.publish(6, 7, [port('r', 7)]);
    await reading.waiting();
    reading.inVain();
    await eventually(() => reading.last?.needsSnapshot === true);
    await reading.publish(8, 9, [port('s', 9)]);
    for (let n = 0; n < 3; n++) {
      await reading.waiting();
      reading.inVain();
    }
    await reading.waiting();
    await reading.world.snapshot(slot, a, 8, [laneEntry(4), port('r', 7)]);
    await reading.has(9);
    expect(agent.counters).to.include({ gaps: 1, snapshots: 2 });
    expect(reading.last?.needsSnapshot).to.equal(false);
  });

  it('does not keep the snapshot that was asked for waiting behind it, when it is a copy', async () => {
    const agent = await reading.reading();
    for (let to = 7; to < 40; to++) await reading.copy(to - 1, to, port('q', to));
    await reading.waiting();
    reading.inVain();
    await reading.world.snapshot(slot, a, 39, [laneEntry(4), port('q', 39)]);
    await reading.has(39);
    expect(agent.counters.snapshots).to.equal(2);
    expect(reading.last?.needsSnapshot).to.equal(false);
  });

  it('waits for the answer to what was asked, as long as it takes', async () => {
    const agent = await reading.joined();
    await reading.asked();
    await reading.publish(8, 9, [port('s', 9)]);
    for (let n = 0; n < 3; n++) {
      await reading.waiting();
      reading.inVain();
    }
    await reading.answer(8, [port('q', 6), port('r', 8)]);
    await reading.has(9);
    expect(agent.counters.gaps).to.equal(0);
  });

  it('of another incarnation needs a snapshot at once', async () => {
    const agent = await reading.reading();
    await reading.publish(2, 3, [port('r', 3)], { incarnation: 2 });
    await eventually(() => reading.last?.needsSnapshot === true);
    expect(agent.counters.gaps).to.equal(1);
  });

  it('does not hold up the end, nor is it applied then', async () => {
    for (const end of ['close', 'drain'] as const) {
      const agent = await reading.reading();
      await reading.publish(6, 7, [port('r', 7)]);
      await reading.copy(8, 9, port('s', 9));
      await reading.waiting(2);
      await agent[end]();
      expect(reading.last?.needsSnapshot).to.equal(false);
      expect(revisions(agent.view('a'))).to.deep.equal({ 'fan-out/lane': 4, 'port/p': 3 });
      expect(reading.early.size).to.equal(0);
      await reading.world.close();
      reading = await ReadingWorld.create();
    }
  });
});
