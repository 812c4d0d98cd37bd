import { expect } from 'chai';
import type { Failure } from '../../../core/codec/report.ts';
import { encodeEntry } from '../../../core/codec/entries.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import { PlatformError } from '../../../core/errors.ts';
import {
  World,
  assignmentOf,
  eventually,
  hostLane,
  me,
  other,
  port,
  recordOf,
  registration,
  removed,
  revisions,
  slotOfAssignment,
  topics,
} from './fixture.ts';

const a = scopes.vpc('a');

describe('agent', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.close());

  it('joins a VPC by the snapshot on the host lane, in one hop, and takes copies in order', async () => {
    const agent = await world.agent();
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, [port('p', 3), port('q', 5)]);
    await world.changes(slotOfAssignment(joined), a, [5, 6], [port('q', 6)]);
    await world.changes(slotOfAssignment(joined), a, [6, 9], [removed(keys.port('p'), 8), port('r', 9)]);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 9);
    expect(revisions(agent.view('a'))).to.deep.equal({ 'port/q': 6, 'port/r': 9 });
    expect(agent.vpcs()).to.deep.equal(['a']);
    expect(world.scopeReports(a).every((report) => !report.needsSnapshot)).to.equal(true);
    await eventually(async () => (await world.backlog(joined.lane.topic)) === 0);
    await eventually(async () => (await world.backlog(topics.hosts)) === 0);
  });

  it('asks for its own scope at the first start, and lists its entries', async () => {
    const agent = await world.agent();
    await agent.ready();
    await eventually(() => world.scopeReports(scopes.host(me)).some((report) => report.needsSnapshot));
    await world.host(4, [assignmentOf('a', 1)]);
    await eventually(() => world.scopeReports(scopes.host(me)).at(-1)?.revision === 4);
    expect([...agent.hostEntries().keys()]).to.deep.equal(['assignment/a/1']);
  });

  it('drops what is for another host', async () => {
    const agent = await world.agent();
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, []);
    await world.changes(slotOfAssignment(joined), a, [5, 6], [port('p', 6)], { host: other });
    await world.changes(slotOfAssignment(joined), scopes.vpc('b'), [5, 6], [port('p', 6)]);
    await eventually(() => agent.counters.foreign === 2);
    await eventually(async () => (await world.backlog(joined.lane.topic)) === 0);
    expect(agent.view('a')?.size).to.equal(0);
    expect(agent.view('b')).to.equal(undefined);
  });

  it('finds a gap, asks, and is healed by a snapshot in the lane', async () => {
    const agent = await world.agent();
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, [port('p', 3)]);
    await world.changes(slotOfAssignment(joined), a, [6, 7], [port('q', 7)]);
    await eventually(
      () => world.scopeReports(a).filter((report) => report.needsSnapshot).length >= 2,
      'repeats',
    );
    expect(revisions(agent.view('a'))).to.deep.equal({ 'port/p': 3 });
    await world.snapshot(slotOfAssignment(joined), a, 8, [port('q', 7), port('r', 8)]);
    await world.changes(slotOfAssignment(joined), a, [8, 9], [port('s', 9)]);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 9);
    expect(world.scopeReports(a).at(-1)?.needsSnapshot).to.equal(false);
    expect(revisions(agent.view('a'))).to.deep.equal({ 'port/q': 7, 'port/r': 8, 'port/s': 9 });
    // A second gap is asked for at once again.
    const before = world.reports.length;
    await world.changes(slotOfAssignment(joined), a, [10, 11], []);
    await eventually(() =>
      world.reports.slice(before).some((report) => report.scopes[0]?.needsSnapshot === true),
    );
  });

  it('leaves at the fence: forgets the VPC, frees the slot, and says so until the record is gone', async () => {
    const agent = await world.agent();
    const joined = assignmentOf('a', 1);
    await world.host(1, []);
    await world.join(joined, 5, [port('p', 3)]);
    await world.changes(hostLane, scopes.host(me), [1, 2], [recordOf(joined, 2)]);
    await eventually(() => agent.listening().includes('a/1'));
    await world.fence(joined);
    await eventually(() => world.lefts(a).length >= 2, 'repeats');
    expect(world.lefts(a)[0]).to.deep.equal({ scope: a, epoch: 1, partition: 0, slot: 101 });
    expect(agent.view('a')).to.equal(undefined);
    expect(agent.listening()).to.deep.equal([]);
    expect(await world.backlog(joined.lane.topic)).to.equal(0);
    await world.changes(hostLane, scopes.host(me), [2, 4], [removed(keys.assignment('a', 1), 4)]);
    await eventually(() => !world.disk.effects.every((effect) => effect.kind !== 'settled'));
    // What was sent before the fence and comes after it brings nothing back.
    await world.join(joined, 5, [port('p', 3)]);
    await eventually(async () => (await world.backlog(topics.hosts)) === 0);
    expect(agent.view('a')).to.equal(undefined);
  });

  it('takes part again at a new epoch while the old slot drains', async () => {
    const agent = await world.agent();
    const [first, second] = [assignmentOf('a', 1), assignmentOf('a', 2)];
    await world.join(first, 5, [port('p', 3)]);
    await eventually(() => agent.listening().includes('a/1'));
    await world.join(second, 8, [port('q', 8)]);
    await eventually(() => agent.listening().includes('a/2'));
    await world.changes(slotOfAssignment(first), a, [5, 7], [port('old', 7)]);
    await world.changes(slotOfAssignment(second), a, [8, 9], [port('r', 9)], { epoch: 2 });
    await world.fence(first);
    await eventually(() => world.lefts(a).length > 0);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 9);
    expect(world.lefts(a)[0]?.epoch).to.equal(1);
    expect(world.scopeReports(a).at(-1)?.epoch).to.equal(2);
    expect(revisions(agent.view('a'))).to.deep.equal({ 'port/q': 8, 'port/r': 9 });
    expect(agent.listening()).to.deep.equal(['a/2']);
  });

  it('goes on from its disk after a restart, while the control service is away', async () => {
    const agent = await world.agent();
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, [port('p', 3)]);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 5);
    await agent.close();
    await world.changes(slotOfAssignment(joined), a, [5, 6], [port('q', 6)]);
    world.reports.length = 0;
    const again = await world.agent({
      control: { registerHost: () => Promise.reject(new PlatformError('unavailable', 'away')) },
    });
    expect(revisions(again.view('a'))).to.deep.equal({ 'port/p': 3 });
    await again.ready();
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 6);
    expect(revisions(again.view('a'))).to.deep.equal({ 'port/p': 3, 'port/q': 6 });
    expect(again.counters.snapshots).to.equal(0);
    expect(world.scopeReports(a).some((report) => report.needsSnapshot)).to.equal(false);
  });

  it('says after a restart, too, what has had no effect yet', async () => {
    const agent = await world.agent();
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, [port('p', 3)]);
    await world.fence(joined);
    await world.join(assignmentOf('b', 1), 5, []);
    await world.changes(slotOfAssignment(assignmentOf('b', 1)), scopes.vpc('b'), [7, 8], []);
    await eventually(() => agent.counters.gaps === 1 && world.lefts(a).length > 0);
    await agent.close();
    world.reports.length = 0;
    await world.agent();
    await eventually(() => world.lefts(a).length > 0);
    await eventually(() => world.scopeReports(scopes.vpc('b')).some((report) => report.needsSnapshot));
  });

  it('asks for a VPC that its records name and nobody sent', async () => {
    const agent = await world.agent();
    const assignment = assignmentOf('a', 3);
    await world.host(4, [assignment]);
    await eventually(() =>
      world.scopeReports(a).some((report) => report.needsSnapshot && report.epoch === 3),
    );
    await eventually(() => agent.listening().includes('a/3'));
    expect(agent.view('a')).to.equal(undefined);
    await world.snapshot(slotOfAssignment(assignment), a, 9, [port('p', 9)], { epoch: 3 });
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 9);
    expect(revisions(agent.view('a'))).to.deep.equal({ 'port/p': 9 });
  });

  it('listens where it only has to leave, to get the fence', async () => {
    const agent = await world.agent();
    const leaving = assignmentOf('a', 3, 'leaving');
    await world.fence(leaving);
    await world.host(4, [leaving]);
    await eventually(() => world.lefts(a).length > 0);
    expect(world.lefts(a)[0]?.epoch).to.equal(3);
    expect(agent.listening()).to.deep.equal([]);
  });

  it('forgets a VPC whose assignment was ended without it', async () => {
    const agent = await world.agent();
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, [port('p', 3)]);
    await world.host(4, [joined]);
    await eventually(() => agent.hostEntries().size === 1);
    expect(agent.view('a')?.size).to.equal(1);
    await world.host(6, []);
    await eventually(() => agent.view('a') === undefined);
    await eventually(() => agent.listening().length === 0);
  });

  it('does not let a message block that it cannot understand', async () => {
    const agent = await world.agent();
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, [port('p', 3)]);
    const slot = slotOfAssignment(joined);
    await world.cluster.bus.sendToSlot(slot, { properties: { kind: 'what' }, payload: Buffer.from('?') });
    await eventually(() => world.scopeReports(a).some((report) => report.failures.length > 0));
    expect(world.scopeReports(a).at(-1)).to.include({ needsSnapshot: true, revision: 5 });
    await world.snapshot(slot, a, 7, [port('q', 7)]);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 7);
    expect(world.scopeReports(a).at(-1)).to.deep.include({ needsSnapshot: false, failures: [] });
    expect(agent.counters.poison).to.equal(1);
    await eventually(async () => (await world.backlog(joined.lane.topic)) === 0);
  });

  it('reports what the data plane could not apply, until it changes', async () => {
    const failing = new Set(['port/p']);
    const dataPlane = {
      apply: (_scope: string, changed: readonly { key: Failure['key']; revision: number }[]) =>
        Promise.resolve(
          changed
            .filter(({ key }) => failing.has(key))
            .map(({ key, revision }): Failure => ({ key, revision, reason: 'no' })),
        ),
    };
    await world.agent({ dataPlane });
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, [port('p', 3), port('q', 4)]);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 5);
    expect(world.scopeReports(a).at(-1)?.failures).to.deep.equal([
      { key: 'port/p', revision: 3, reason: 'no' },
    ]);
    await world.changes(slotOfAssignment(joined), a, [5, 6], [port('q', 6)]);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 6);
    expect(world.scopeReports(a).at(-1)?.failures).to.have.length(1);
    failing.clear();
    await world.changes(slotOfAssignment(joined), a, [6, 7], [port('p', 7)]);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 7);
    expect(world.scopeReports(a).at(-1)?.failures).to.deep.equal([]);
  });

  it('puts a snapshot of 50 parts together, with repeats among them', async () => {
    const agent = await world.agent();
    const ports = Array.from({ length: 50 }, (_, i) => port(`p${i}`, i + 1));
    const joined = assignmentOf('a', 1);
    await world.join(joined, 50, ports.slice(0, 10), 1);
    await world.join(joined, 50, ports, 1);
    await eventually(() => agent.view('a')?.size === 50);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 50);
    await eventually(async () => (await world.backlog(topics.hosts)) === 0);
    expect(agent.counters.gaps).to.equal(0);
  });

  it('keeps public resources of the kinds that it serves', async () => {
    const scope = scopes.public('lb');
    await world.cluster.admin.ensureTopic(topics.public('elb'), 4, ['group']);
    const publicLanes = [{ kind: 'elb', cluster: 'one', topic: topics.public('elb'), partitions: 4 }];
    const control = { registerHost: () => Promise.resolve({ ...registration, publicLanes }) };
    const agent = await world.agent({ control }, { host: { ...hostIdentity(), serves: ['elb'] } });
    await agent.ready();
    const entry = { key: keys.public('lb'), revision: 3, body: JSON.stringify({ id: 'lb' }) };
    const header = {
      kind: 'snapshot',
      scope,
      host: '*',
      epoch: 0,
      incarnation: 1,
      turn: 1,
      to: 3,
      part: 0,
      parts: 1,
    };
    await world.cluster.bus.sendByKey(topics.public('elb'), 4, 'lb', {
      properties: Object.fromEntries(Object.entries(header).map(([name, value]) => [name, String(value)])),
      payload: Buffer.from(`{}\n${encodeEntry(entry)}`),
    });
    await eventually(() => world.scopeReports(scope).at(-1)?.revision === 3);
    expect(world.scopeReports(scope).at(-1)).to.include({ epoch: 0, needsSnapshot: false });
  });

  it('registers again for a cluster that it does not know, and follows a lane that has moved', async () => {
    let answer = registration;
    const agent = await world.agent({ control: { registerHost: () => Promise.resolve(answer) } });
    await agent.ready();
    const elsewhere = assignmentOf('a', 1);
    const moved = { ...elsewhere, lane: { ...elsewhere.lane, cluster: 'two' } };
    const lane = { ...hostLane, slot: 8, epoch: 2 };
    answer = { ...registration, lane, clusters: [...registration.clusters, { name: 'two', serviceUrl: '' }] };
    await world.join(moved, 5, []);
    await eventually(() => agent.listening().includes('a/1'));
    await world.snapshot(lane, scopes.host(me), 3, [recordOf(moved, 2)], { epoch: 2 });
    await eventually(() => world.scopeReports(scopes.host(me)).at(-1)?.revision === 3);
  });
});

function hostIdentity() {
  return {
    id: me,
    name: '',
    vtepIp: '192.0.2.1',
    macAddress: '',
    zone: '',
    labels: {},
    agentVersion: 'test',
  };
}
