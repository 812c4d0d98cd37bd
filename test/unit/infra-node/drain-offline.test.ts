import { expect } from 'chai';
import { decodeWork } from '../../../core/codec/work.ts';
import type { Work } from '../../../core/codec/work.ts';
import type { Header } from '../../../core/codec/envelope.ts';
import { scopes } from '../../../core/model/keys.ts';
import { subscriptions } from '../../../core/placement/topics.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import { readHost } from '../../../infra-node/registered-host.ts';
import { eventually } from '../../support/eventually.ts';
import { DrainFixture } from './drain-fixture.ts';
import { hostLane, resume, topics, vpcScope } from './vpc-fixture.ts';

describe('slots of hosts that are offline', () => {
  let drain: DrainFixture;
  beforeEach(async () => {
    drain = new DrainFixture();
    await drain.open(['h0', 'h1']);
  });
  afterEach(() => drain.close());

  const change = async (id: string): Promise<void> => {
    await drain.vpc.bind(id, []);
    await drain.dispatch();
  };
  const reports = (host: string, revision: number): Promise<unknown> =>
    drain.vpc.report(vpcScope, host, { epoch: 1, incarnation: 1, revision });
  const revision = async (): Promise<number> => (await drain.node.store.status(vpcScope)).revision;

  it('are emptied, and what was in them is sent to a host that comes back', async () => {
    const joinedAt = await revision();
    await reports('h0', joinedAt);
    await change('q0');
    await change('q1');
    await drain.expire('h0');
    const [copies, lanes] = [await drain.backlog(), await drain.backlog(hostLane)];
    await drain.drainOffline();
    expect(await drain.backlog()).to.equal(copies / 2);
    expect(await drain.backlog(hostLane)).to.equal(lanes / 2);
    expect(drain.node.stats).to.include({ slotsDrained: 2, messagesDrained: (copies + lanes) / 2 });

    const received: Header[] = [];
    const subscription = await drain.listen(await drain.member('h0'), received);
    await drain.hear('h0');
    await dispatchScope(drain.node, vpcScope, resume);
    await eventually(async () => {
      const [header] = received;
      expect(header).to.include({ kind: 'changes', from: joinedAt, to: await revision() });
    });
    await subscription.close();
  });

  it('are looked at again at growing intervals, and anew when the host was back', async () => {
    await drain.expire('h0');
    await drain.drainOffline();
    const drained = (): number => drain.node.stats.slotsDrained;
    const visits: number[] = [];
    for (let second = 0; second <= 100; second++) {
      const before = drained();
      await drain.drainOffline();
      if (drained() > before) visits.push(second);
      drain.vpc.nowMs += 1_000;
    }
    expect(visits).to.deep.equal([30, 90]);
    await drain.hear('h0');
    await drain.drainOffline();
    await drain.expire('h0');
    const before = drained();
    await drain.drainOffline();
    expect(drained()).to.equal(before + 2);
  });

  it('are left alone where the host listens after all', async () => {
    const received: Header[] = [];
    const subscription = await drain.listen(await drain.member('h0'), received);
    await change('q0');
    await drain.expire('h0');
    await drain.drainOffline();
    expect(drain.node.stats.slotsDrained, 'the host lane only').to.equal(1);
    await eventually(() => {
      expect(received).to.have.length(1);
    });
    await subscription.close();
  });

  it('are given up as soon as the host is heard of', async () => {
    await change('q0');
    const before = (await drain.backlog()) + (await drain.backlog(hostLane));
    await drain.expire('h0');
    drain.node.isOffline = (host) => host === 'h0' && drain.node.stats.messagesDrained === 0;
    await drain.drainOffline();
    expect(drain.node.stats.messagesDrained).to.equal(1);
    const marker = 1;
    expect((await drain.backlog()) + (await drain.backlog(hostLane))).to.equal(before - 1 + marker);
  });

  it('keep what comes while they are given back', async () => {
    await drain.drainOffline();
    const member = await drain.member('h0');
    await change('q0');
    await drain.expire('h0');
    const send = drain.cluster.bus.sendToSlot.bind(drain.cluster.bus);
    drain.cluster.bus.sendToSlot = async (address, message) => {
      drain.cluster.bus.sendToSlot = send;
      await send(address, message);
      // The last word of a node that does not know yet that the host is offline.
      await send(drain.address(member), { ...message, properties: { ...message.properties, drain: 'late' } });
      await send(address, { ...message, properties: { ...message.properties, drain: 'late' } });
    };
    const others = (await drain.backlog(hostLane)) / 2;
    await drain.drainOffline();
    expect(await drain.backlog(hostLane)).to.equal(others + 1);
  });

  it('keep their fence, by which they are freed', async () => {
    await change('q0');
    const member = await drain.member('h0');
    await drain.expire('h0');
    // Between the look at the assignments and the draining it leaves.
    const subscribeSlot = drain.cluster.bus.subscribeSlot.bind(drain.cluster.bus);
    drain.cluster.bus.subscribeSlot = async (options) => {
      drain.cluster.bus.subscribeSlot = subscribeSlot;
      await drain.leave('h0');
      return subscribeSlot(options);
    };
    await drain.drainOffline();
    const received: Header[] = [];
    const subscription = await drain.listen(member, received);
    await eventually(() => {
      expect(received.map(({ kind, epoch }) => `${kind} ${epoch}`)).to.include('fence 1');
    });
    await subscription.close();
  });

  it('of which something was thrown away are put on the work topic, again when the host is back', async () => {
    const works: Work[] = [];
    const subscription = await drain.cluster.bus.subscribeGroup({
      topic: topics.work,
      partitions: 1,
      subscription: subscriptions.infra,
      consumerName: 'test',
      order: 'by-key',
      handler: async (message) => {
        works.push(decodeWork(message.properties));
        await message.ack();
      },
    });
    const resumed = (): string[] => works.flatMap((work) => (work.kind === 'resume' ? [work.scope] : []));
    await change('q0');
    await drain.expire('h0');
    await drain.drainOffline();
    const scopesOf = [scopes.host('h0'), vpcScope];
    await eventually(() => {
      expect(resumed().sort()).to.deep.equal(scopesOf);
    });
    await drain.hear('h0');
    await drain.drainOffline();
    await eventually(() => {
      expect(resumed().sort()).to.deep.equal([...scopesOf, ...scopesOf].sort());
    });
    await subscription.close();
  });

  it('are known to have lost what they held also if the node dies in the middle', async () => {
    const { store } = drain.node;
    const joinedAt = await revision();
    await reports('h0', joinedAt);
    await change('q0');
    await drain.expire('h0');
    const beginDispatch = store.beginDispatch.bind(store);
    store.beginDispatch = (of) =>
      drain.node.stats.messagesDrained > 0 ? Promise.reject(new Error('dead')) : beginDispatch(of);
    await drain.drainOffline();
    store.beginDispatch = beginDispatch;
    expect(drain.node.stats.slotsDrained).to.equal(2);
    await drain.hear('h0');
    expect(await reports('h0', joinedAt), 'it is told that it is behind').to.equal(true);
  });

  it('keep what they hold until it is recorded that they lose it', async () => {
    const { store } = drain.node;
    await reports('h0', await revision());
    await change('q0');
    await drain.expire('h0');
    const before = (await drain.backlog()) + (await drain.backlog(hostLane));
    const advance = store.advance.bind(store);
    store.advance = () => Promise.reject(new Error('away'));
    await drain.drainOffline();
    store.advance = advance;
    expect((await drain.backlog()) + (await drain.backlog(hostLane))).to.equal(before);
    drain.vpc.nowMs += 30_000;
    await drain.drainOffline();
    expect(drain.node.stats.slotsDrained).to.equal(2);
  });

  it('do not take turns on scopes where they lose nothing', async () => {
    await drain.expire('h0');
    await drain.drainOffline();
    const { store } = drain.node;
    const token = async (): Promise<number> => (await store.beginDispatch(vpcScope)).token;
    const before = await token();
    drain.vpc.nowMs += 30_000;
    await drain.drainOffline();
    expect(drain.node.stats.slotsDrained).to.equal(4);
    expect(await token()).to.equal(before + 1);
  });

  it('do not hold each other up', async () => {
    const host = await readHost(drain.node, 'h0');
    await drain.expire('h0', 'h1');
    const subscribeSlot = drain.cluster.bus.subscribeSlot.bind(drain.cluster.bus);
    drain.cluster.bus.subscribeSlot = (options) =>
      options.address.slot === host?.member.slot
        ? Promise.reject(new Error('something else'))
        : subscribeSlot(options);
    await drain.drainOffline();
    expect(drain.node.stats.slotsDrained).to.equal(3);
  });

  it('are looked at in turns when there are many', async () => {
    const many = new DrainFixture();
    const hosts = Array.from({ length: 250 }, (_, n) => `many-${n}`);
    await many.open(hosts);
    await many.expire(...hosts);
    await many.drainOffline();
    expect(many.node.stats.slotsDrained).to.equal(2 * 200);
    many.vpc.nowMs += 30_000;
    await many.drainOffline();
    expect(await many.backlog(), 'those that were not drained yet come first').to.equal(0);
    expect(await many.backlog(hostLane)).to.equal(0);
    await many.close();
  });
});
