import { expect } from 'chai';
import { encodeEntry } from '../../../core/codec/entries.ts';
import { packPayloads } from '../../../core/codec/envelope.ts';
import { scopes } from '../../../core/model/keys.ts';
import type { Assignment } from '../../../core/model/resources.ts';
import type { Entry } from '../../../core/model/view.ts';
import type { Scope } from '../../../core/store/port.ts';
import { World, assignmentOf, eventually, hostLane, me, port, recordOf, revisions } from './fixture.ts';

const a = scopes.vpc('a');
const own = scopes.host(me);

describe('the agent, when the store has lost its tail', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.close());

  /** On the host's lane, of the second incarnation. */
  async function begunAnew(
    scope: Scope,
    to: number,
    entries: readonly Entry[],
    assignment?: Assignment,
  ): Promise<void> {
    const stamp = { host: me, epoch: assignment?.epoch ?? 1, incarnation: 2, turn: 100, part: 0, parts: 1 };
    const payloads = packPayloads(entries.map(encodeEntry), assignment);
    await world.send(hostLane, { kind: 'snapshot', scope, to, ...stamp }, payloads);
  }

  it('takes what it had at an earlier epoch, and forgets the later one', async () => {
    const agent = await world.agent();
    const [kept, lost] = [assignmentOf('a', 1), assignmentOf('a', 2)];
    await world.join(lost, 9, [port('p', 3), port('late', 9)]);
    await world.host(9, [lost]);
    await eventually(() => agent.listening().includes('a/2'));
    await begunAnew(own, 5, [recordOf(kept, 4)]);
    await begunAnew(a, 6, [port('p', 3)], kept);
    await eventually(() => world.scopeReports(a).at(-1)?.incarnation === 2);
    await eventually(() => agent.listening().join() === 'a/1');
    expect(revisions(agent.view('a'))).to.deep.equal({ 'port/p': 3 });
    expect(world.scopeReports(a).at(-1)).to.include({ epoch: 1, revision: 6, needsSnapshot: false });
  });

  it('asks no longer for what it lacked of the incarnation before', async () => {
    const agent = await world.agent();
    const [kept, lost] = [assignmentOf('a', 1), assignmentOf('a', 2)];
    await world.join(kept, 4, [port('p', 3)]);
    // The snapshot of the later assignment never comes.
    await world.host(9, [lost]);
    await eventually(() => world.scopeReports(a).some((said) => said.epoch === 2 && said.needsSnapshot));
    await begunAnew(own, 5, [recordOf(kept, 4)]);
    await begunAnew(a, 6, [port('p', 3)], kept);
    await eventually(() => world.scopeReports(a).at(-1)?.incarnation === 2);
    expect(world.scopeReports(a).at(-1)).to.include({ epoch: 1, revision: 6, needsSnapshot: false });
    expect(revisions(agent.view('a'))).to.deep.equal({ 'port/p': 3 });
  });

  it('takes up again what it had left, at the epoch that it had', async () => {
    const agent = await world.agent();
    const joined = assignmentOf('a', 1);
    await world.host(4, [joined]);
    await world.join(joined, 5, [port('p', 3)]);
    await eventually(() => agent.listening().includes('a/1'));
    await world.fence(joined);
    await eventually(() => world.lefts(a).length > 0);
    await world.host(9, []);
    await eventually(() => world.disk.effects.some((effect) => effect.kind === 'settled'));
    // Nobody else is in the VPC, so nobody has it begin anew.
    await begunAnew(own, 5, [recordOf(joined, 4)]);
    await eventually(
      () => agent.listening().includes('a/1') || world.scopeReports(a).at(-1)?.needsSnapshot === true,
    );
    await world.join(joined, 5, [port('p', 3)]);
    await eventually(() => agent.view('a') !== undefined);
    expect(revisions(agent.view('a'))).to.deep.equal({ 'port/p': 3 });
  });
});
