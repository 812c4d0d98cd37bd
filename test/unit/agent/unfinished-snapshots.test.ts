import { expect } from 'chai';
import { encodeEntry } from '../../../core/codec/entries.ts';
import { encodeHeader, packPayloads } from '../../../core/codec/envelope.ts';
import { scopes } from '../../../core/model/keys.ts';
import type { Assignment } from '../../../core/model/resources.ts';
import type { Scope } from '../../../core/store/port.ts';
import { World, assignmentOf, eventually, hostLane, me, port, topics } from './fixture.ts';

const a = scopes.vpc('a');

describe('parts of snapshots that never become whole', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.close());

  async function sendPart(
    scope: Scope,
    { turn = 1, part, assignment }: { turn?: number; part: number; assignment?: Assignment },
  ): Promise<void> {
    const stamp = { kind: 'snapshot', scope, host: me, epoch: 1, incarnation: 1 } as const;
    const properties = encodeHeader({ ...stamp, to: 5, turn, part, parts: 3 });
    const [payload = Buffer.alloc(0)] = packPayloads([encodeEntry(port('p', 5))], assignment);
    await world.cluster.bus.sendToSlot(hostLane, { properties, payload });
  }

  it('are given up when their first part is not there', async () => {
    const agent = await world.agent();
    await sendPart(a, { part: 1 });
    await sendPart(a, { part: 2 });
    await eventually(async () => (await world.backlog(topics.hosts)) === 0);
    expect(agent.counters.stale).to.equal(2);
  });

  it('are given up when they are of a VPC that the host has no part in', async () => {
    const agent = await world.agent();
    for (let n = 0; n < 100; n++) await sendPart(scopes.vpc(`unknown-${n}`), { part: 0 });
    await eventually(async () => (await world.backlog(topics.hosts)) === 0);
    expect(agent.counters.stale).to.equal(100);
  });

  it('are given up behind a whole one that overtook them', async () => {
    const agent = await world.agent();
    const assignment = assignmentOf('a', 1);
    await sendPart(a, { turn: 1, part: 0, assignment });
    for (const part of [0, 1, 2]) {
      await sendPart(a, { turn: 2, part, ...(part === 0 ? { assignment } : {}) });
    }
    await sendPart(a, { turn: 1, part: 1 });
    await sendPart(a, { turn: 1, part: 2 });
    await eventually(() => agent.view('a')?.size === 1);
    await eventually(async () => (await world.backlog(topics.hosts)) === 0);
  });

  it('wait for the others when they begin with the first', async () => {
    const agent = await world.agent();
    await sendPart(a, { part: 0, assignment: assignmentOf('a', 1) });
    await sendPart(a, { part: 1 });
    expect(agent.view('a')).to.equal(undefined);
    await sendPart(a, { part: 2 });
    await eventually(() => agent.view('a')?.size === 1);
  });
});
