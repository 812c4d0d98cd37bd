import { expect } from 'chai';
import { scopes } from '../../../core/model/keys.ts';
import { watchedBus } from '../../../local/watched-bus.ts';
import { World, assignmentOf, eventually, port } from './fixture.ts';

const a = scopes.vpc('a');

describe('a fence whose acknowledgement gets lost', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.close());

  it('is acknowledged when it comes again, and only then the host says that it left', async () => {
    const { bus } = world.cluster.openClient();
    let comeAgain: () => Promise<void> = () => Promise.reject(new Error('no fence yet'));
    const agent = await world.agent({
      openCluster: () =>
        watchedBus(bus, ['slots'], async (message, handler) => {
          if (message.properties['kind'] !== 'fence') return handler(message);
          comeAgain = () => handler(message);
          await handler({ ...message, ack: () => Promise.reject(new Error('disconnected')) });
        }),
    });
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, [port('p', 3)]);
    await eventually(() => agent.listening().includes('a/1'));
    await world.fence(joined);
    await eventually(() => agent.counters.fences === 1 && agent.view('a') === undefined);
    await eventually(() => world.disk.effects.some(({ kind }) => kind === 'left'));
    expect(world.lefts(a)).to.deep.equal([]);
    expect(agent.listening(), 'so that it can come again').to.deep.equal(['a/1']);
    await comeAgain();
    await eventually(() => world.lefts(a).length > 0);
    expect(agent.listening()).to.deep.equal([]);
    expect(await world.backlog(joined.lane.topic)).to.equal(0);
  });
});

describe('a fence in a slot that the host was moved from', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.close());

  it('takes nothing away, also if it is heard of before the other slot', async () => {
    const agent = await world.agent();
    const [before, after] = [assignmentOf('a', 1), assignmentOf('a', 2)];
    await world.join(before, 5, [port('p', 3)]);
    await eventually(() => agent.listening().includes('a/1'));
    await world.fence(before, true);
    await eventually(() => world.lefts(a).length > 0);
    expect(agent.listening()).to.deep.equal([]);
    expect(agent.view('a')?.has('port/p')).to.equal(true);
    await world.host(9, [after]);
    await world.join(after, 7, [port('p', 3)]);
    await eventually(() => agent.listening().includes('a/2'));
    expect(agent.view('a')?.has('port/p')).to.equal(true);
    await world.fence(after);
    await eventually(() => agent.view('a') === undefined);
  });
});
