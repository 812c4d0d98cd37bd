import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { codeOf, Inbox, message, SUBSCRIPTION } from './bus-fixture.ts';
import type { BusFixture } from './bus-fixture.ts';

export function describeTopics(fixture: () => BusFixture): void {
  it('refuses what goes to a topic or partition that is not there', async () => {
    const { bus } = fixture().first;
    const missing = fixture().newTopicName();
    expect(await codeOf(fixture().send(missing, 7, 'x'))).to.equal('not_found');
    expect(await codeOf(bus.sendByKey(missing, 4, 'key', message('x')))).to.equal('not_found');
    expect(await codeOf(fixture().slot(missing, 7, new Inbox().handler))).to.equal('not_found');
    expect(await codeOf(fixture().group(missing, 'any', new Inbox().handler))).to.equal('not_found');

    const topic = await fixture().topic(2);
    const beyond = { topic, partition: 2, slot: 7 };
    expect(await codeOf(bus.sendToSlot(beyond, message('x')))).to.equal('not_found');
    expect(await codeOf(fixture().slot(topic, 7, new Inbox().handler, { partition: 2 }))).to.equal(
      'not_found',
    );
    expect(await codeOf(fixture().group(topic, 'any', new Inbox().handler, { partitions: 3 }))).to.equal(
      'not_found',
    );
  });

  it('sends again once the topic was made', async () => {
    const topic = fixture().newTopicName();
    expect(await codeOf(fixture().send(topic, 7, 'x'))).to.equal('not_found');
    await fixture().first.admin.ensureTopic(topic, 1, [SUBSCRIPTION]);
    await fixture().send(topic, 7, 'y');
  });

  it('adds partitions with the subscription, keeps the old ones, takes none away', async () => {
    const { admin, bus } = fixture().first;
    const topic = await fixture().topic(2);
    await fixture().send(topic, 7, 'before');
    await admin.ensureTopic(topic, 4, [SUBSCRIPTION]);
    await admin.ensureTopic(topic, 3, [SUBSCRIPTION]);
    for (const partition of [2, 3]) await bus.sendToSlot({ topic, partition, slot: 7 }, message('early'));
    const stats = await admin.topicStats(topic);
    expect(stats).to.include({ partitions: 4, messagesIn: 3 });
    expect(stats?.subscriptions[SUBSCRIPTION]).to.deep.equal({ backlog: 3, consumers: [] });
    const inboxes = await Promise.all(
      [0, 1, 2, 3].map(async (partition) => {
        const inbox = new Inbox();
        await fixture().slot(topic, 7, inbox.handler, { partition });
        return inbox;
      }),
    );
    await eventually(() => {
      expect(inboxes.map(({ bodies }) => bodies)).to.deep.equal([['before'], [], ['early'], ['early']]);
    });
  });

  it('makes a topic once, whoever asks how often at the same time', async () => {
    const topic = fixture().newTopicName();
    const { first, second } = fixture();
    for (const partitions of [2, 4]) {
      await Promise.all(
        [first, second, first, second].map(({ admin }, index) =>
          admin.ensureTopic(topic, partitions, index < 2 ? [SUBSCRIPTION] : [SUBSCRIPTION, 'audit']),
        ),
      );
    }
    await Promise.all(
      [3, 6, 5].map((partitions) => first.admin.ensureTopic(topic, partitions, [SUBSCRIPTION])),
    );
    await Promise.all(
      [0, 1, 2, 3].map((partition) => fixture().slot(topic, 7, new Inbox().handler, { partition })),
    );
    const stats = await first.admin.topicStats(topic);
    expect(stats?.partitions).to.equal(6);
    expect(stats?.subscriptions).to.have.all.keys(SUBSCRIPTION, 'audit');
  });

  it('shows the slot and the unacknowledged messages of a consumer until it closes', async () => {
    const { admin } = fixture().first;
    const topic = await fixture().topic(2);
    const inbox = new Inbox({ acknowledges: false });
    const subscription = await fixture().slot(topic, 4711, inbox.handler, { partition: 1 });
    await fixture().first.bus.sendToSlot({ topic, partition: 1, slot: 4711 }, message('a'));
    await eventually(async () => {
      const stats = await admin.topicStats(topic);
      expect(stats?.messagesIn).to.equal(1);
      expect(stats?.subscriptions[SUBSCRIPTION]).to.deep.equal({
        backlog: 1,
        consumers: [
          { topic, partition: 1, consumerName: 'host-4711', ranges: [[4711, 4711]], unacknowledged: 1 },
        ],
      });
    });
    await subscription.close();
    await eventually(async () => {
      const stats = await admin.topicStats(topic);
      expect(stats?.subscriptions[SUBSCRIPTION]).to.deep.equal({ backlog: 1, consumers: [] });
    });
  });

  it('deletes a topic with all that is on it, more than once', async () => {
    const { admin } = fixture().first;
    const topic = await fixture().topic(2);
    const subscription = await fixture().slot(topic, 7, new Inbox().handler);
    await admin.deleteTopic(topic);
    await admin.deleteTopic(topic);
    expect(await admin.topicStats(topic)).to.equal(undefined);
    await subscription.close();
    expect(await codeOf(fixture().slot(topic, 7, new Inbox().handler))).to.equal('not_found');
  });

  it('can be prepared again', async () => {
    await Promise.all([fixture().first.admin.prepare(), fixture().second.admin.prepare()]);
  });
}
