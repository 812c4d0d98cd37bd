import { expect } from 'chai';
import { keys } from '../../../core/model/keys.ts';
import { eventually, port, registration, topics } from './fixture.ts';
import { ReadingWorld, joined, laneEntry, slot, topic, a } from './reading-fixture.ts';

describe('what an agent reads and cannot understand', () => {
  let reading: ReadingWorld;
  beforeEach(async () => {
    reading = await ReadingWorld.create();
  });
  afterEach(() => reading.world.close());

  for (const [what, message] of [
    ['a header of another kind', { properties: { kind: 'news' }, payload: Buffer.from('{}') }],
    [
      'another VPC',
      {
        properties: {
          ...{ kind: 'fan-out', scope: 'vpc/b', incarnation: '1', turn: '1', part: '0', parts: '1' },
          ...{ from: '5', to: '6' },
        },
        payload: Buffer.from('{"entries":[],"local":{}}'),
      },
    ],
    [
      'a body that is none',
      {
        properties: {
          ...{ kind: 'fan-out', scope: 'vpc/a', incarnation: '1', turn: '1', part: '0', parts: '1' },
          ...{ from: '5', to: '6' },
        },
        payload: Buffer.from('{"entries":[]}'),
      },
    ],
  ] as const) {
    it(`is put aside, and a snapshot makes up for it: ${what}`, async () => {
      const letters: string[] = [];
      await reading.world.cluster.admin.ensureTopic(topics.deadLetters, 1, ['reader']);
      await reading.world.cluster.bus.subscribeGroup({
        ...{ topic: topics.deadLetters, partitions: 1, subscription: 'reader', order: 'any' },
        consumerName: 'reader',
        handler: ({ properties }) => Promise.resolve(void letters.push(properties['lane'] ?? '')),
      });
      const agent = await reading.agent({
        control: {
          registerHost: () => Promise.resolve({ ...registration, deadLetterTopic: topics.deadLetters }),
        },
      });
      await reading.world.join(joined, 5, [port('p', 3), laneEntry(4)]);
      await reading.answer(5);
      await reading.world.cluster.bus.publish({ topic, partition: 0 }, message);
      await eventually(() => reading.last?.needsSnapshot === true && letters.length === 1);
      expect(agent.counters).to.include({ poison: 1, gaps: 0 });
      expect(letters).to.deep.equal(['fan-out vpc/a']);
      expect(reading.last?.failures.map(({ key }) => key)).to.deep.equal(['message/undecodable']);
      await reading.publish(6, 7, [port('q', 7)]);
      await reading.waiting();
      await reading.world.snapshot(slot, a, 6, [laneEntry(4)]);
      await reading.has(7);
      await eventually(() => reading.last?.failures.length === 0);
    });
  }

  it('is a failure where it is the lane, which is not followed', async () => {
    const agent = await reading.joined({ ...laneEntry(4), body: '{"cluster":"one","partitions":0}' });
    await eventually(() => reading.last?.failures.length === 1);
    expect(reading.last?.failures[0]).to.include({ key: keys.fanOutLane, reason: 'not a lane' });
    expect(agent.readingAlong()).to.deep.equal([]);
    await reading.copy(5, 6, laneEntry(6));
    await reading.answer(6);
    expect(reading.last).to.include({ reading: 6 });
    expect(reading.last?.failures).to.deep.equal([]);
  });
});
