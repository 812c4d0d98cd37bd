import { expect } from 'chai';
import type { Properties } from '../../../core/messaging/port.ts';
import { subscriptions } from '../../../core/placement/topics.ts';
import type { DispatchStep } from '../../../infra-node/deps.ts';
import { encodeChunk } from '../../../infra-node/split/codec.ts';
import { EncodedEntries } from '../../../infra-node/encoded-entries.ts';
import { eventually } from '../../support/eventually.ts';
import { CHUNK, SplitFixture } from './split-fixture.ts';
import type { SplitNode } from './split-fixture.ts';
import { topics, vpcLane, vpcScope } from './vpc-fixture.ts';

const HOSTS = 60;

describe('a large task', () => {
  let fixture: SplitFixture;
  beforeEach(async () => {
    fixture = new SplitFixture();
    await fixture.open(HOSTS);
  });
  afterEach(() => fixture.close());

  const copies = ({ node }: SplitNode): number => node.stats.copies;

  /** Resolves when the other nodes have read that it is done. */
  const received = (revision: number): Promise<void> =>
    eventually(() => {
      fixture.expectReceived(revision);
    });

  it('is sent by its node alone, without chunks, while no other is there', async () => {
    const alone = await fixture.start();
    for (let n = 0; n < 3; n++) {
      fixture.vpc.nowMs += 1_000;
      const revision = await fixture.change();
      expect(await fixture.turn(alone)).to.be.true;
      await received(revision);
    }
    expect(alone.node.stats).to.include({ copies: 3 * HOSTS, chunks: 0 });
  });

  it('is shared by the nodes that are there, each copy sent once', async () => {
    const [holder, other] = [await fixture.start(), await fixture.start()];
    await fixture.letLookForOthers(holder);
    const before = copies(holder) + copies(other);
    const revision = await fixture.change();
    expect(await fixture.turn(holder)).to.be.true;
    await received(revision);
    expect(copies(holder) + copies(other) - before).to.equal(HOSTS);
    expect(other.node.stats.chunksTaken).to.be.greaterThan(0);
    expect(copies(other)).to.equal(other.node.stats.chunksTaken * CHUNK);
    expect(holder.node.stats.chunks).to.be.greaterThan(other.node.stats.chunksTaken);
    expect(await fixture.chunksWaiting()).to.equal(0);
  });

  it('is not cut where it is small, nor by a node that is told not to', async () => {
    const [holder, unwilling] = [
      await fixture.start({ options: { splitAbove: HOSTS } }),
      await fixture.start({ options: { splitAbove: 0 } }),
    ];
    await fixture.start();
    for (const node of [holder, unwilling]) {
      await fixture.letLookForOthers(node);
      await fixture.letLookForOthers(node);
      expect(node.node.stats).to.include({ copies: 2 * HOSTS, chunks: 0 });
    }
  });

  it('is shared with a node that is added in its middle', async () => {
    let other: SplitNode | undefined;
    const holder: SplitNode = await fixture.start({
      onStep: async (step) => {
        if (step !== 'send' || other !== undefined || copies(holder) < CHUNK) return;
        other = await fixture.start();
        fixture.vpc.nowMs += 1_000;
      },
      options: { sendsInFlight: 1 },
    });
    const revision = await fixture.change();
    expect(await fixture.turn(holder)).to.be.true;
    await received(revision);
    expect(other?.node.stats.chunksTaken).to.be.greaterThan(0);
    expect(copies(holder) + (other?.node.stats.copies ?? 0)).to.equal(HOSTS);
  });

  it('loses nothing when a node is killed in the middle of its chunks', async () => {
    let diesAt = Infinity;
    const holder = await fixture.start();
    const victim: SplitNode = await fixture.start({
      onStep: (step) => {
        // Some of the copies of a chunk are with the broker, others are not.
        if (step === 'send' && copies(victim) >= diesAt) victim.kill();
        return Promise.resolve();
      },
      options: { sendsInFlight: 1 },
    });
    await fixture.start();
    await fixture.letLookForOthers(holder);
    diesAt = copies(victim) + 2;
    const revision = await fixture.change();
    expect(await fixture.turn(holder)).to.be.true;
    await received(revision);
    expect(copies(victim)).to.be.at.least(diesAt);
    const next = await fixture.change();
    expect(await fixture.turn(holder)).to.be.true;
    await received(next);
  });

  it('is finished by its node when another takes chunks and hangs', async () => {
    let isHanging = false;
    const holder = await fixture.start({ options: { chunkPatienceMs: 50 } });
    const hanging = await fixture.start({
      onStep: () => (isHanging ? new Promise(() => undefined) : Promise.resolve()),
    });
    await fixture.letLookForOthers(holder);
    isHanging = true;
    const revision = await fixture.change();
    expect(await fixture.turn(holder)).to.be.true;
    await received(revision);
    hanging.kill();
  });

  it('is done by another after its node has died, and what is left of it is not done for nobody', async () => {
    let isDue = false;
    const die = (node: () => SplitNode) => (step: DispatchStep) => {
      if (isDue && step === 'send') node().kill();
      return Promise.resolve();
    };
    const holder: SplitNode = await fixture.start({ onStep: die(() => holder) });
    const bystander: SplitNode = await fixture.start({ onStep: die(() => bystander) });
    await fixture.letLookForOthers(holder);
    const revision = await fixture.change();
    void fixture.turn(holder);
    isDue = true;
    await eventually(async () => {
      expect(await fixture.chunksWaiting()).to.be.greaterThan(0);
    });
    const next = await fixture.start({ options: { splitAbove: 0 } });
    expect(await fixture.turn(next)).to.be.true;
    await received(revision);
    const late = await fixture.start();
    await eventually(async () => {
      expect(await fixture.chunksWaiting()).to.equal(0);
    });
    expect(late.node.stats).to.include({ copies: 0, chunksTaken: 0 });
  });

  it('is sent by its node where a chunk would be too large for a message', async () => {
    const [holder, other] = [await fixture.start(), await fixture.start()];
    await fixture.letLookForOthers(holder);
    const before = { chunks: holder.node.stats.chunks, copies: copies(holder) };
    for (let n = 0; n < 3; n++) {
      await fixture.vpc.bind(`large-${n}`, ['h0'], 'x'.repeat(1_900_000));
    }
    const revision = await fixture.change();
    expect(await fixture.turn(holder)).to.be.true;
    await received(revision);
    expect(copies(holder) - before.copies).to.be.greaterThan(0);
    expect(holder.node.stats.chunks - before.chunks).to.be.lessThan(HOSTS / CHUNK);
    expect(copies(holder) + copies(other)).to.equal(2 * HOSTS);
  });

  it('is offered a bounded number of chunks ahead', async () => {
    let most = 0;
    const watch = async (): Promise<void> => {
      most = Math.max(most, await fixture.chunksWaiting());
    };
    const options = { chunkHosts: 1 };
    const [holder] = [
      await fixture.start({ onStep: watch, options }),
      await fixture.start({ onStep: watch, options }),
    ];
    await fixture.letLookForOthers(holder);
    const revision = await fixture.change();
    expect(await fixture.turn(holder)).to.be.true;
    await received(revision);
    // Four for each node, and what is done and not acknowledged yet.
    expect(most).to.be.within(3, 12);
  });

  it('leaves malformed chunks to the dead letters, and what its members hold as it is', async () => {
    await fixture.cluster.admin.ensureTopic(topics.deadLetters, 1, ['reader']);
    const { node } = await fixture.start();
    const to = { topic: topics.chunks, partition: 0 };
    await fixture.cluster.bus.publish(to, { properties: { chunk: 'x/1' }, payload: Buffer.from('{}\n') });
    await eventually(async () => {
      expect(node.stats.workMalformed).to.equal(1);
      expect(await fixture.chunksWaiting()).to.equal(0);
    });
    const letters: Properties[] = [];
    await fixture.cluster.bus.subscribeGroup({
      ...{ topic: topics.deadLetters, partitions: 1, subscription: 'reader', consumerName: 'test' },
      order: 'any',
      handler: async (message) => {
        letters.push(message.properties);
        await message.ack();
      },
    });
    await eventually(() => {
      expect(letters.map(({ lane }) => lane)).to.deep.equal(['chunks']);
    });
  });

  it('keeps no chunk that fails: it is acknowledged, and its node hears nothing of it', async () => {
    const { node } = await fixture.start();
    await fixture.change();
    const { incarnation, revision: to } = await fixture.store.status(vpcScope);
    const message = encodeChunk('x/1', {
      ...{
        scope: vpcScope,
        turn: 1,
        incarnation,
        to,
        lane: { ...vpcLane, topic: 'persistent://no/such/topic' },
      },
      entries: new EncodedEntries([], { maxBytes: 100, removals: true }),
      copies: [{ member: { hostId: 'h0', partition: 0, slot: 1, epoch: 1 }, from: 0, ask: false }],
    });
    const done: Properties[] = [];
    await fixture.cluster.bus.read({
      at: { topic: topics.chunksDone, partition: 0 },
      readerName: 'test',
      handler: ({ properties }) => Promise.resolve(void done.push(properties)),
    });
    await fixture.cluster.bus.publish({ topic: topics.chunks, partition: 0 }, message);
    await eventually(async () => {
      const stats = await fixture.cluster.admin.topicStats(topics.chunks);
      expect(stats?.messagesIn).to.equal(1);
      expect(stats?.subscriptions[subscriptions.infra]?.backlog).to.equal(0);
    });
    expect(done).to.deep.equal([]);
    expect(node.stats.chunksTaken).to.equal(0);
  });
});
