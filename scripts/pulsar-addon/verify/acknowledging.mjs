import assert from 'node:assert/strict';
import {
  Pulsar,
  bytes,
  client,
  drain,
  produce,
  subscribe,
  take,
  text,
  topic,
  topicStats,
  until,
} from './harness.mjs';

export const acknowledgingChecks = {
  async 'ack, ack by id, cumulative ack (message, id)'() {
    const t = topic();
    const c = await subscribe({ topic: t });
    const p = await produce({ topic: t, batchingEnabled: false });
    for (let i = 0; i < 8; i++) await p.send({ data: bytes(i) });
    const m = await take(c, 8, false);
    await c.acknowledge(m[0]);
    await c.acknowledgeId(m[1].getMessageId());
    await c.acknowledgeCumulative(m[4]);
    await c.acknowledgeCumulativeId(m[6].getMessageId());
    await c.close();
    const c2 = await subscribe({ topic: t });
    assert.deepEqual((await take(c2, 1)).map(text), ['7']);
    assert.equal((await drain(c2)).length, 0);
    const sh = await client.subscribe({
      topic: t,
      subscription: 'sh',
      subscriptionType: 'Shared',
      subscriptionInitialPosition: 'Earliest',
    });
    await assert.rejects(
      sh.acknowledgeCumulative((await take(sh, 1, false))[0]),
      /CumulativeAcknowledgementNotAllowed/,
    );
    await Promise.all([c2, sh, p].map((x) => x.close()));
  },
  async 'negative ack and redelivery count'() {
    const t = topic();
    const c = await subscribe({ topic: t, subscriptionType: 'Shared', nAckRedeliverTimeoutMs: 300 });
    const p = await produce({ topic: t, batchingEnabled: false });
    await p.send({ data: bytes('x') });
    for (let i = 0; i < 3; i++) {
      const [m] = await take(c, 1, false);
      assert.equal(m.getRedeliveryCount(), i);
      if (i < 1) c.negativeAcknowledge(m);
      else if (i < 2) c.negativeAcknowledgeId(m.getMessageId());
      else await c.acknowledge(m);
    }
    await assert.rejects(subscribe({ topic: t, ackTimeoutMs: 5 }), /Ack timeout should be/);
    const u = await client.subscribe({
      topic: t,
      subscription: 'u',
      subscriptionType: 'Shared',
      ackTimeoutMs: 10000,
    });
    await p.send({ data: bytes('y') });
    const t0 = Date.now();
    await take(u, 1, false);
    assert.equal((await take(u, 1))[0].getRedeliveryCount(), 1);
    assert.ok(Date.now() - t0 > 8000, 'ack timeout of 10 s');
    await Promise.all([c, u, p].map((x) => x.close()));
  },
  async 'dead letter policy'() {
    const t = topic();
    const dlq = topic('dlq');
    const c = await subscribe({
      topic: t,
      subscriptionType: 'Shared',
      nAckRedeliverTimeoutMs: 200,
      deadLetterPolicy: { deadLetterTopic: dlq, maxRedeliverCount: 2, initialSubscriptionName: 'keep' },
    });
    const p = await produce({ topic: t, batchingEnabled: false });
    await p.send({ data: bytes('bad'), properties: { q: '1' } });
    for (let i = 0; i < 3; i++) c.negativeAcknowledge((await take(c, 1, false))[0]);
    await until('the dead letter topic', async () => (await topicStats(dlq)).subscriptions?.keep);
    const d = await client.subscribe({ topic: dlq, subscription: 'keep' });
    const [m] = await take(d, 1);
    assert.equal(text(m), 'bad');
    assert.equal(m.getProperties().q, '1');
    assert.equal((await drain(c)).length, 0);
    await Promise.all([c, d, p].map((x) => x.close()));
  },
  async 'seek by id and time, unsubscribe, receive time-out'() {
    const t = topic();
    const c = await subscribe({ topic: t });
    const p = await produce({ topic: t, batchingEnabled: false });
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push(await p.send({ data: bytes(i) }));
    await take(c, 5);
    await c.seek(ids[2]);
    assert.deepEqual((await take(c, 2)).map(text), ['3', '4']);
    await c.seek(Pulsar.MessageId.earliest());
    assert.equal(text((await take(c, 1))[0]), '0');
    await c.seekTimestamp(Date.now() - 3600e3);
    assert.equal(text((await take(c, 1))[0]), '0');
    await c.seekTimestamp(Date.now() + 1000);
    await assert.rejects(c.receive(300), /Failed to receive message: TimeOut/);
    await c.unsubscribe();
    assert.equal((await topicStats(t)).subscriptions.s, undefined);
    await p.close();
    await assert.rejects(p.send({ data: bytes(1) }), /AlreadyClosed/);
  },
  async 'reader from earliest, latest, message id; seek; listener'() {
    const t = topic();
    const p = await produce({ topic: t, batchingEnabled: false });
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push(await p.send({ data: bytes(i) }));
    const rd = (startMessageId, o) => client.createReader({ topic: t, startMessageId, ...o });
    const e = await rd(Pulsar.MessageId.earliest(), {
      receiverQueueSize: 10,
      readerName: 'r',
      subscriptionRolePrefix: 'pre',
      readCompacted: false,
    });
    for (let i = 0; i < 5; i++) {
      assert.equal(e.hasNext(), true);
      assert.equal(text(await e.readNext()), String(i));
    }
    assert.equal(e.hasNext(), false);
    assert.ok(Object.keys((await topicStats(t)).subscriptions)[0].startsWith('pre'));
    assert.equal(e.isConnected(), true);
    await e.seek(ids[3]);
    assert.equal(text(await e.readNext(5000)), '4');
    await e.seekTimestamp(Date.now() - 3600e3);
    assert.equal(text(await e.readNext(5000)), '0');
    const m = await rd(ids[1]);
    assert.equal(text(await m.readNext(5000)), '2');
    const l = await rd(Pulsar.MessageId.latest());
    assert.equal(l.hasNext(), false);
    await p.send({ data: bytes('new') });
    assert.equal(text(await l.readNext(5000)), 'new');
    const got = [];
    const ls = await rd(Pulsar.MessageId.earliest(), {
      listener: (msg, r) => {
        got.push(text(msg));
        assert.ok(r.isConnected());
      },
    });
    await until('reader listener', () => got.length === 6);
    for (let i = 0; i < 50; i++)
      await assert.rejects(
        m
          .readNext(1)
          .then(() => m.readNext(1))
          .then(() => m.readNext(1))
          .then(() => m.readNext(1))
          .then(() => m.readNext(1)),
        /TimeOut/,
      ); // see reader.h
    await assert.rejects(client.createReader({ topic: t }), /StartMessageId is required/);
    await Promise.all([e, m, l, ls, p].map((x) => x.close()));
  },
};
