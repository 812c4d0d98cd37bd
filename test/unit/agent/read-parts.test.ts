import { expect } from 'chai';
import { eventually, me, port, removed, revisions } from './fixture.ts';
import { ReadingWorld, a, settled, slot } from './reading-fixture.ts';

describe('what an agent reads in parts', () => {
  let reading: ReadingWorld;
  beforeEach(async () => {
    reading = await ReadingWorld.create();
  });
  afterEach(() => reading.world.close());

  const part = (turn: number, n: number, parts: number) => ({ turn, part: n, parts });

  it('is applied when it is whole', async () => {
    const agent = await reading.reading();
    await reading.publish(5, 8, [port('q', 6)], part(1, 0, 3));
    await reading.publish(5, 8, [port('r', 7)], part(1, 1, 3));
    await settled();
    expect(revisions(agent.view('a'))).to.deep.equal({ 'fan-out/lane': 4, 'port/p': 3 });
    await reading.publish(5, 8, [port('s', 8)], part(1, 2, 3));
    await reading.has(8);
    expect(Object.values(revisions(agent.view('a')) ?? {})).to.have.members([4, 3, 6, 7, 8]);
  });

  it('is not made whole by parts of a copy that the same turn sent', async () => {
    const agent = await reading.joined();
    const tail = await reading.asked();
    // The answer, in parts of other contents than those that are read; of these it has missed the first.
    const answer = [port('q', 6), port('r', 7), port('s', 8)];
    await reading.world.send(
      slot,
      {
        kind: 'changes',
        scope: a,
        host: me,
        epoch: 1,
        incarnation: 1,
        from: 5,
        to: 8,
        ask: false,
        ...part(1, 0, 3),
      },
      [Buffer.from('{}\nport/q\t6\t{}\n')],
    );
    await eventually(() => agent.view('a')?.has('port/q') === true);
    await reading.publish(5, 8, [port('r', 7)], part(1, 1, 3));
    await reading.publish(5, 8, [], part(1, 2, 3));
    await settled();
    expect(agent.scopes().find(({ scope }) => scope === a)?.revision).to.equal(5);
    await reading.world.changes(slot, a, [5, 8], answer, { tail, maxBytes: 1 });
    await reading.has(8);
    expect(Object.keys(revisions(agent.view('a')) ?? {})).to.include.members(['port/q', 'port/r', 'port/s']);
  });

  it('of two turns does not make one range, and the newer one counts', async () => {
    const agent = await reading.reading();
    await reading.publish(5, 8, [port('q', 6)], part(1, 0, 2));
    await reading.publish(5, 9, [removed('port/p', 9)], part(2, 0, 2));
    await reading.publish(5, 8, [port('r', 8)], part(1, 1, 2));
    await reading.publish(5, 8, [port('q', 6)], part(1, 0, 2));
    await reading.publish(5, 9, [port('s', 7)], part(2, 1, 2));
    await reading.has(9);
    expect(revisions(agent.view('a'))).to.deep.equal({ 'fan-out/lane': 4, 'port/s': 7 });
  });

  it('may come again from its start', async () => {
    const agent = await reading.reading();
    for (const n of [0, 0, 1, 1, 2]) await reading.publish(5, 8, [port(`q${n}`, 6 + n)], part(1, n, 3));
    await reading.has(8);
    expect(Object.keys(revisions(agent.view('a')) ?? {})).to.have.length(5);
  });

  it('counts as missed without its beginning: the next one shows it', async () => {
    const agent = await reading.reading();
    await reading.publish(5, 8, [port('r', 8)], part(1, 1, 2));
    await reading.publish(8, 9, [port('s', 9)]);
    await reading.waiting();
    reading.inVain();
    await eventually(() => reading.last?.needsSnapshot === true);
    expect(agent.counters.gaps).to.equal(1);
    expect(reading.last?.revision).to.equal(5);
  });
});
