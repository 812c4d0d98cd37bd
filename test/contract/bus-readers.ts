import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { codeOf, Inbox, message, numbered } from './bus-fixture.ts';
import type { BusFixture } from './bus-fixture.ts';

export function describeReaders(fixture: () => BusFixture): void {
  it('gives everything that is published to a partition to all its readers, in order', async () => {
    const topic = await fixture().topic(2);
    const [one, two, elsewhere] = [new Inbox(), new Inbox(), new Inbox()];
    await fixture().read(topic, one.handler);
    await fixture().read(topic, two.handler, { on: fixture().second });
    await fixture().read(topic, elsewhere.handler, { partition: 1 });
    await publish(topic, ...numbered(50));
    await eventually(() => {
      expect(one.bodies).to.deep.equal(numbered(50));
      expect(two.bodies).to.deep.equal(numbered(50));
    });
    expect(elsewhere.bodies).to.deep.equal([]);
  });

  it('begins with what is published after it stands', async () => {
    const topic = await fixture().topic();
    await publish(topic, 'before');
    const inbox = new Inbox();
    await fixture().read(topic, inbox.handler);
    await publish(topic, 'after');
    await eventually(() => {
      expect(inbox.bodies).to.deep.equal(['after']);
    });
  });

  it('carries properties, and needs no acknowledgement', async () => {
    const topic = await fixture().topic();
    const inbox = new Inbox();
    await fixture().read(topic, inbox.handler);
    await fixture().first.bus.publish({ topic, partition: 0 }, message('a', { scope: 'vpc/1' }));
    await eventually(() => {
      expect(inbox.messages.map(({ properties }) => properties['scope'])).to.deep.equal(['vpc/1']);
    });
    await inbox.messages[0]?.ack();
  });

  it('runs one handler at a time, and goes on when one throws', async () => {
    const topic = await fixture().topic();
    const [handled, most] = [[] as string[], { running: 0, seen: 0 }];
    await fixture().read(topic, async ({ payload }) => {
      most.seen = Math.max(most.seen, ++most.running);
      await new Promise((resolve) => setImmediate(resolve));
      most.running--;
      handled.push(payload.toString());
      if (payload.toString() === '3') throw new Error('no threes');
    });
    await publish(topic, ...numbered(10));
    await eventually(() => {
      expect(handled).to.deep.equal(numbered(10));
    });
    expect(most.seen).to.equal(1);
  });

  it('stops at close, which waits for the handler', async () => {
    const topic = await fixture().topic();
    const [closing, staying] = [new Inbox(), new Inbox()];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let isDone = false;
    const subscription = await fixture().read(topic, async (incoming) => {
      await closing.handler(incoming);
      await held;
      isDone = true;
    });
    await fixture().read(topic, staying.handler);
    await publish(topic, 'a');
    await eventually(() => {
      expect(closing.bodies).to.deep.equal(['a']);
    });
    const closed = subscription.close();
    release();
    await closed;
    expect(isDone).to.equal(true);
    await publish(topic, 'b');
    await eventually(() => {
      expect(staying.bodies).to.deep.equal(['a', 'b']);
    });
    expect(closing.bodies).to.deep.equal(['a']);
  });

  it('keeps nothing for readers: a topic without durable subscriptions has no backlog', async () => {
    const topic = fixture().newTopicName();
    await fixture().first.admin.ensureTopic(topic, 1, []);
    const inbox = new Inbox();
    await fixture().read(topic, inbox.handler);
    await publish(topic, ...numbered(3));
    await eventually(async () => {
      expect(inbox.bodies).to.deep.equal(numbered(3));
      expect((await fixture().first.admin.topicStats(topic))?.messagesIn).to.equal(3);
    });
  });

  it('refuses a partition that is not there', async () => {
    const topic = await fixture().topic();
    expect(await codeOf(fixture().read(topic, new Inbox().handler, { partition: 7 }))).to.equal('not_found');
    expect(await codeOf(fixture().first.bus.publish({ topic, partition: 7 }, message('a')))).to.equal(
      'not_found',
    );
  });

  async function publish(topic: string, ...bodies: readonly string[]): Promise<void> {
    const to = { topic, partition: 0 };
    await Promise.all(bodies.map((body) => fixture().first.bus.publish(to, message(body))));
  }
}
