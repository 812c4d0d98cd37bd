import { expect } from 'chai';
import type { Agent } from '../../../agent/agent.ts';
import { digestOf } from '../../../core/model/digest.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import {
  assignmentOf,
  eventually,
  port,
  registration,
  removed,
  revisions,
  slotOfAssignment,
} from './fixture.ts';
import { ReadingWorld, a, joined, laneEntry, settled, slot, topic } from './reading-fixture.ts';

describe('an agent that reads along', () => {
  let reading: ReadingWorld;
  beforeEach(async () => {
    reading = await ReadingWorld.create();
  });
  afterEach(() => reading.world.close());

  describe('when it comes to stand', () => {
    it('says what it reads, and asks again and again until it is sent what it lacks', async () => {
      const agent = await reading.joined();
      const tail = await reading.asked();
      const asked = () => reading.world.scopeReports(a).filter((report) => report.tail === tail).length;
      await eventually(() => asked() >= 3);
      expect(reading.last).to.include({ reading: 4, revision: 5, needsSnapshot: false });
      expect(agent.readingAlong()).to.deep.equal(['a']);

      await reading.world.changes(slot, a, [5, 6], [port('q', 6)], { tail });
      await eventually(() => reading.last?.tail === undefined);
      expect(reading.last).to.include({ reading: 4, revision: 6 });
      const before = reading.world.scopeReports(a).length;
      await settled();
      expect(reading.world.scopeReports(a)).to.have.length(before);
    });

    it('does not say so before: until then it could miss something', async () => {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => (open = resolve));
      const { bus } = reading.world.cluster.openClient();
      const slow: typeof bus = Object.assign(Object.create(bus) as typeof bus, {
        read: async (options: Parameters<typeof bus.read>[0]) => {
          await opened;
          return bus.read(options);
        },
      });
      await reading.agent({ openCluster: () => slow });
      await reading.world.join(joined, 5, [laneEntry(4)]);
      await reading.has(5);
      expect(reading.last).not.to.have.any.keys('reading', 'tail');
      open();
      await reading.asked();
    });

    it('takes an answer also if it is nothing, or came by another way', async () => {
      await reading.joined();
      await reading.asked();
      await reading.publish(5, 7, [port('q', 7)]);
      await reading.has(7);
      await reading.answer(6, [port('q', 6)]);
      expect(reading.last).to.include({ revision: 7, reading: 4 });
    });

    it('takes no answer to what was asked before it stood anew', async () => {
      const { bus } = reading.world.cluster.openClient();
      let replaced: () => void = () => undefined;
      const watched: typeof bus = Object.assign(Object.create(bus) as typeof bus, {
        read: (options: Parameters<typeof bus.read>[0]) => {
          replaced = options.onReturned ?? replaced;
          return bus.read(options);
        },
      });
      await reading.agent({ openCluster: () => watched });
      await reading.world.join(joined, 5, [laneEntry(4)]);
      const first = await reading.asked();
      replaced();
      const second = await reading.asked(first);
      await reading.world.changes(slot, a, [5, 6], [], { tail: first });
      await reading.has(6);
      expect(reading.last?.tail).to.equal(second);
      await reading.answer(6);
    });

    it('asks again for what was answered with a snapshot', async () => {
      await reading.joined();
      const tail = await reading.asked();
      await reading.world.snapshot(slot, a, 9, [laneEntry(4), port('q', 9)]);
      await reading.has(9);
      expect(reading.last?.tail).to.equal(tail);
      await reading.answer(9);
    });

    it('reads a partition of its own', async () => {
      const partitions = 7;
      const partition = reading.partitionOf(partitions);
      expect(partition).to.be.greaterThan(0);
      await reading.world.cluster.admin.ensureTopic(topic, partitions, []);
      await reading.joined(laneEntry(4, partitions));
      await reading.answer(5);
      for (let n = 0; n < partitions; n++) await reading.publish(5, 6 + n, [], {}, n);
      await reading.has(6 + partition);
    });
  });

  describe('applies', () => {
    it('what is published, in its own form where it has one', async () => {
      const agent = await reading.reading();
      await reading.publish(5, 7, [port('q', 6, 'common'), port('r', 7, 'common'), removed('port/p', 7)], {
        local: [port('r', 7, 'own')],
      });
      await reading.has(7);
      const held = [laneEntry(4), port('q', 6, 'common'), port('r', 7, 'own')];
      expect(new Map(agent.view('a'))).to.deep.equal(new Map(held.map((entry) => [entry.key, entry])));
      expect(reading.last?.digest).to.equal(digestOf(held));
    });

    it('what it knows already not again, and nothing twice', async () => {
      const agent = await reading.reading();
      const { stale } = agent.counters;
      for (let n = 0; n < 3; n++) await reading.publish(5, 6, [port('q', 6)]);
      await reading.copy(5, 6, port('q', 6));
      await reading.publish(3, 5, [port('p', 4)]);
      await reading.publish(6, 7, []);
      await reading.has(7);
      expect(agent.counters).to.include({ stale: stale + 4, gaps: 0 });
      expect(revisions(agent.view('a'))).to.deep.equal({ 'fan-out/lane': 4, 'port/p': 3, 'port/q': 6 });
    });

    it('ranges that overlap what has come as copies', async () => {
      const agent = await reading.reading();
      await reading.copy(5, 7, port('q', 6), port('r', 7));
      await reading.has(7);
      await reading.publish(5, 8, [removed('port/q', 8), port('r', 7)]);
      await reading.has(8);
      expect(revisions(agent.view('a'))).to.deep.equal({ 'fan-out/lane': 4, 'port/p': 3, 'port/r': 7 });
    });
  });

  describe('a lane', () => {
    it('that grows is followed: until it stands there the host says that it reads nothing', async () => {
      await reading.world.cluster.admin.ensureTopic(topic, 7, []);
      await reading.reading();
      await reading.publish(5, 6, [laneEntry(6, 7)]);
      await eventually(() => reading.last?.reading === 6);
      const said = reading.world.scopeReports(a).filter(({ revision }) => revision >= 6);
      expect(said.map((report) => report.reading)).not.to.include(4);
      await reading.answer(6);
      await reading.publish(6, 7, [port('q', 7)], {}, reading.partitionOf(7));
      await reading.has(7);
    });

    it('that ends is not read any more', async () => {
      const agent = await reading.reading();
      await reading.publish(5, 6, [removed(keys.fanOutLane, 6)]);
      await reading.has(6);
      await eventually(() => reading.last?.reading === undefined);
      expect(agent.readingAlong()).to.deep.equal([]);
      await reading.publish(6, 7, [port('q', 7)]);
      await reading.copy(6, 8, port('r', 8));
      await reading.has(8);
      expect(revisions(agent.view('a'))).to.deep.equal({ 'port/p': 3, 'port/r': 8 });
      expect(agent.counters.gaps).to.equal(0);
    });

    it('that comes by a copy or a snapshot is read from then on', async () => {
      await reading.agent();
      await reading.world.join(joined, 5, []);
      await reading.copy(5, 6, laneEntry(6));
      await eventually(() => reading.last?.reading === 6);
      await reading.world.snapshot(slot, a, 8, [laneEntry(7)]);
      await eventually(() => reading.last?.reading === 7);
    });
  });

  it('asks anew when it is started again, for what was published while nobody read', async () => {
    const first = await reading.joined();
    const before = await reading.asked();
    await reading.answer(5);
    await first.close();
    await reading.publish(5, 6, [port('q', 6)]);
    reading.world.reports.length = 0;
    const agent = await reading.agent();
    const tail = await reading.asked();
    expect(tail).to.be.greaterThan(before);
    expect(reading.last).to.include({ revision: 5, reading: 4 });
    await reading.publish(6, 7, [port('r', 7)]);
    await reading.answer(6, [port('q', 6)]);
    await reading.has(7);
    expect(agent.counters).to.include({ gaps: 0, snapshots: 0 });
  });

  it('asks anew where its cluster has moved', async () => {
    await reading.reading();
    const { length } = reading.world.reports;
    const { bus } = reading.world.cluster.openClient();
    await reading.world.agents[0]?.close();
    let answer: (moved: typeof registration) => void = () => undefined;
    await reading.agent({
      control: { registerHost: () => new Promise((resolve) => (answer = resolve)) },
      openCluster: () => bus,
    });
    const first = await reading.asked();
    await reading.answer(5);
    expect(reading.world.reports.length).to.be.greaterThan(length);
    answer({ ...registration, clusters: [{ name: 'one', serviceUrl: 'memory://moved' }] });
    expect(await reading.asked(first)).to.be.greaterThan(first);
    await reading.answer(5);
    await reading.publish(5, 6, [port('q', 6)]);
    await reading.has(6);
  });

  it('leaves its reader with its fence, and what it waits for as well', async () => {
    const agent = await reading.reading();
    await reading.publish(6, 7, [port('r', 7)]);
    await reading.waiting();
    await reading.world.fence(joined);
    await eventually(() => reading.world.lefts(a).length > 0);
    await eventually(() => reading.early.size === 0);
    expect(agent.view('a')).to.equal(undefined);
    expect(agent.readingAlong()).to.deep.equal([]);
    await reading.publish(5, 6, [port('q', 6)]);
    await settled();
    expect(agent.vpcs()).to.deep.equal([]);
  });

  it('does not go back where it has read beyond the snapshot that makes it a member again', async () => {
    const agent = await reading.reading();
    await reading.publish(5, 9, [removed('port/p', 8), port('q', 9)]);
    await reading.has(9);
    const again = assignmentOf('a', 2);
    await reading.world.join(again, 7, [port('p', 3), laneEntry(4)]);
    await eventually(() => reading.last?.epoch === 2);
    expect(reading.last).to.include({ revision: 9, needsSnapshot: false });
    expect(revisions(agent.view('a'))).to.deep.equal({ 'fan-out/lane': 4, 'port/q': 9 });
    await reading.world.fence(joined);
    await reading.publish(9, 10, [port('r', 10)]);
    await reading.has(10);
    expect(agent.listening()).to.deep.equal(['a/2']);
    expect(reading.last?.scope).to.equal(scopes.vpc('a'));
  });

  describe('leaves, and is made a member again by a snapshot from before what it had read', () => {
    const again = assignmentOf('a', 2);
    const before = [port('p', 3), laneEntry(4)];

    async function left(): Promise<Agent> {
      const agent = await reading.reading();
      await reading.publish(5, 9, [removed('port/p', 8), port('q', 9)]);
      await reading.has(9);
      await reading.world.fence(joined);
      await eventually(() => reading.world.lefts(a).length > 0);
      return agent;
    }

    async function madeWhole(agent: Agent): Promise<void> {
      const slotAgain = slotOfAssignment(again);
      await reading.world.snapshot(slotAgain, a, 10, [port('q', 9), port('r', 10)], { epoch: 2 });
      await eventually(() => reading.last?.revision === 10);
      expect(reading.last).to.include({ epoch: 2, needsSnapshot: false });
      expect(revisions(agent.view('a'))).to.deep.equal({ 'port/q': 9, 'port/r': 10 });
    }

    it('shows nothing of it, says how far it was, and gets another', async () => {
      const agent = await left();
      await reading.world.join(again, 7, before);
      await eventually(() => reading.last?.needsSnapshot === true);
      expect(reading.last).to.include({ epoch: 2, incarnation: 1, revision: 9 });
      expect(agent.listening()).to.deep.equal(['a/2']);
      expect(agent.view('a')?.size ?? 0).to.equal(0);
      await madeWhole(agent);
    });

    it('also if it comes twice, and if the agent was restarted before and after', async () => {
      await (await left()).close();
      const agent = await reading.agent();
      await reading.world.join(again, 7, before);
      await reading.world.join(again, 7, before);
      await eventually(() => agent.counters.stale === 2);
      await agent.close();
      const restarted = await reading.agent();
      await eventually(() => reading.last?.needsSnapshot === true);
      expect(reading.last).to.include({ epoch: 2, incarnation: 1, revision: 9 });
      await madeWhole(restarted);
    });
  });
});
