import { expect } from 'chai';
import type { Registration } from '../../../agent/registration.ts';
import type { IncomingMessage, MessageBus } from '../../../core/messaging/port.ts';
import { scopes } from '../../../core/model/keys.ts';
import { World, assignmentOf, eventually, port, registration, slotOfAssignment, topics } from './fixture.ts';

const a = scopes.vpc('a');

/** A broker that is not there any more, and a client that goes on hoping. */
function deadBus(): MessageBus {
  const never = (): Promise<never> => new Promise(() => undefined);
  return {
    ...{
      sendToSlot: never,
      sendByKey: never,
      publish: never,
      read: never,
      subscribeSlot: never,
      subscribeGroup: never,
    },
    close: () => Promise.resolve(),
  };
}

describe('an agent and where it registered', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
    await world.cluster.admin.ensureTopic(topics.deadLetters, 1, ['reader']);
  });
  afterEach(() => world.close());

  it('follows a cluster that has moved at once, for what it hears and for what it says', async () => {
    const first = await world.agent();
    await world.join(assignmentOf('a', 1), 5, [port('p', 3)]);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 5);
    await first.close();
    world.reports.length = 0;

    let answer: (registration: Registration) => void = () => undefined;
    const { bus } = world.cluster.openClient();
    const dead = deadBus();
    const opened: string[] = [];
    const agent = await world.agent({
      control: { registerHost: () => new Promise((resolve) => (answer = resolve)) },
      openCluster: (_name, url) => {
        opened.push(url);
        return url === 'memory://moved' ? bus : dead;
      },
    });
    // It attempts to subscribe twice, and to report.
    await eventually(() => opened.length >= 3);
    expect(agent.listening()).to.deep.equal([]);
    answer({ ...registration, clusters: [{ name: 'one', serviceUrl: 'memory://moved' }] });
    await agent.ready();
    await eventually(() => agent.listening().includes('a/1'));
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 5);
    await world.changes(slotOfAssignment(assignmentOf('a', 1)), a, [5, 6], [port('q', 6)]);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 6);
  });

  it('puts aside what it cannot understand, with where it came in and why', async () => {
    const { publicLanes, letters } = await withDeadLetters();
    await world.agent({
      control: {
        registerHost: () =>
          Promise.resolve({ ...registration, publicLanes, deadLetterTopic: topics.deadLetters }),
      },
    });
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, []);
    const bad = { properties: { kind: 'what' }, payload: Buffer.from('?') };
    await world.cluster.bus.sendToSlot(slotOfAssignment(joined), bad);
    await eventually(() => letters.length === 1);
    await world.cluster.bus.sendToSlot(registration.lane, bad);
    await eventually(() => letters.length === 2);
    await world.cluster.bus.sendByKey(topics.public('elb'), 1, 'lb', bad);
    await eventually(() => letters.length === 3);
    expect(letters.map(({ properties }) => properties['lane'])).to.deep.equal([
      'slot a/1',
      'host lane',
      'public elb',
    ]);
    for (const { properties, payload } of letters) {
      expect(properties).to.include({ reporter: 'host-1', 'original.kind': 'what' });
      expect(properties['reason']).to.match(/without scope/);
      expect(payload.toString()).to.equal('?');
    }
    await eventually(async () => (await world.backlog(joined.lane.topic)) === 0);
    await eventually(async () => (await world.backlog(topics.hosts)) === 0);
  });

  it('starts from a registration that names no place for bad messages, and counts them', async () => {
    const agent = await world.agent();
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, []);
    await world.cluster.bus.sendToSlot(slotOfAssignment(joined), {
      properties: {},
      payload: Buffer.alloc(0),
    });
    await eventually(() => world.scopeReports(a).at(-1)?.needsSnapshot === true);
    expect(agent.counters.poison).to.equal(1);
    await eventually(async () => (await world.backlog(joined.lane.topic)) === 0);
  });

  async function withDeadLetters() {
    const letters: IncomingMessage[] = [];
    await world.cluster.admin.ensureTopic(topics.public('elb'), 1, ['group']);
    await world.cluster.bus.subscribeGroup({
      ...{ topic: topics.deadLetters, partitions: 1, subscription: 'reader', order: 'any' },
      consumerName: 'reader',
      handler: (message) => Promise.resolve(void letters.push(message)),
    });
    const publicLanes = [{ kind: 'elb', cluster: 'one', topic: topics.public('elb'), partitions: 1 }];
    return { letters, publicLanes };
  }
});
