import assert from 'node:assert/strict';
import {
  bytes,
  client,
  drain,
  namespace,
  produce,
  run,
  subscribe,
  take,
  text,
  topic,
  topicStats,
  until,
} from './harness.mjs';

export const subscriptionsChecks = {
  async 'Exclusive, Shared, Failover as the broker sees them'() {
    for (const subscriptionType of ['Exclusive', 'Shared', 'Failover']) {
      const t = topic();
      const c = await subscribe({
        topic: t,
        subscriptionType,
        consumerName: 'me',
        properties: { x: 'y' },
        receiverQueueSize: 10,
        receiverQueueSizeAcrossPartitions: 100,
        readCompacted: false,
      });
      const s = (await topicStats(t)).subscriptions.s;
      assert.equal(s.type, subscriptionType);
      assert.equal(s.consumers[0].consumerName, 'me');
      assert.equal(s.consumers[0].metadata.x, 'y');
      assert.equal(s.consumers[0].availablePermits, 10);
      if (subscriptionType === 'Exclusive') await assert.rejects(subscribe({ topic: t }), /ConsumerBusy/);
      else {
        const c2 = await subscribe({ topic: t, subscriptionType });
        const p = await produce({ topic: t, batchingEnabled: false });
        for (let i = 0; i < 20; i++) await p.send({ data: bytes(i) });
        const [a, b] = await Promise.all([drain(c, 2500), drain(c2, 2500)]); // failover waits a second before it delivers
        assert.equal(a.length + b.length, 20);
        assert.equal(Math.min(a.length, b.length) > 0, subscriptionType === 'Shared');
        await c2.close();
        await p.close();
      }
      assert.equal(c.isConnected(), true);
      await c.close();
      assert.equal(c.isConnected(), false);
    }
  },
  async 'initial position, replicated subscription, batch index ack'() {
    const t = topic();
    const p = await produce({ topic: t });
    await p.send({ data: bytes('old') });
    const late = await client.subscribe({
      topic: t,
      subscription: 'late',
      subscriptionInitialPosition: 'Latest',
    });
    const early = await client.subscribe({
      topic: t,
      subscription: 'early',
      subscriptionInitialPosition: 'Earliest',
      replicateSubscriptionState: true,
      batchIndexAckEnabled: true,
    });
    await p.send({ data: bytes('new') });
    assert.deepEqual((await take(late, 1)).map(text), ['new']);
    assert.deepEqual((await take(early, 2)).map(text), ['old', 'new']);
    const s = (await topicStats(t)).subscriptions;
    assert.equal(Boolean(s.early.isReplicated ?? s.early.replicated), true);
    assert.equal(Boolean(s.late.isReplicated ?? s.late.replicated), false);
    await Promise.all([late, early, p].map((x) => x.close()));
  },
  async 'KeyShared auto-split'() {
    const t = topic();
    const o = {
      topic: t,
      subscriptionType: 'KeyShared',
      keySharedPolicy: { keyShareMode: 'AutoSplit', allowOutOfOrderDelivery: true },
    };
    const a = await subscribe(o);
    const b = await subscribe(o);
    const p = await produce({ topic: t, batchingEnabled: false });
    for (let i = 0; i < 60; i++) await p.send({ data: bytes(i), partitionKey: `k${i % 20}` });
    const [x, y] = (await Promise.all([drain(a), drain(b)])).map(
      (l) => new Set(l.map((m) => m.getPartitionKey())),
    );
    assert.ok(x.size && y.size);
    assert.equal(x.size + y.size, 20);
    for (const k of x) assert.ok(!y.has(k));
    const s = (await topicStats(t)).subscriptions.s;
    assert.equal(s.type, 'Key_Shared');
    assert.equal(s.keySharedMode, 'AUTO_SPLIT');
    assert.equal(s.allowOutOfOrderDelivery, true);
    await Promise.all([a, b, p].map((c) => c.close()));
  },
  async 'KeyShared sticky ranges, overlap and bad ranges refused'() {
    const t = topic();
    const o = (stickyRanges) => ({
      topic: t,
      subscriptionType: 'KeyShared',
      keySharedPolicy: { keyShareMode: 'Sticky', stickyRanges },
    });
    const a = await subscribe(
      o([
        { start: 0, end: 16383 },
        { start: 32768, end: 49151 },
      ]),
    );
    await assert.rejects(subscribe(o([{ start: 100, end: 200 }])), /ConsumerAssignError/);
    const b = await subscribe(
      o([
        { start: 16384, end: 32767 },
        { start: 49152, end: 65535 },
      ]),
    );
    await assert.rejects(subscribe(o([{ start: 9, end: 3 }])), /Invalid sticky range/);
    const p = await produce({ topic: t, batchingEnabled: false });
    for (let i = 0; i < 40; i++) await p.send({ data: bytes(i), partitionKey: `k${i}` });
    const [x, y] = await Promise.all([drain(a), drain(b)]);
    assert.ok(x.length && y.length);
    assert.equal(x.length + y.length, 40);
    const s = (await topicStats(t)).subscriptions.s;
    assert.equal(s.keySharedMode, 'STICKY');
    assert.equal(s.allowOutOfOrderDelivery, false);
    await Promise.all([a, b, p].map((c) => c.close()));
  },
  async 'many topics, pattern, regex modes'() {
    const base = `${run}-multi`;
    const ts = [0, 1, 2].map((i) => `persistent://${namespace}/${base}-${i}`);
    const np = `non-persistent://${namespace}/${base}-np`;
    const ps = await Promise.all([...ts, np].map((x) => produce({ topic: x })));
    const m = await subscribe({ topics: ts });
    const pat = (regexSubscriptionMode, subscription) =>
      client.subscribe({
        topicsPattern: `${namespace}/${base}-.*`.replace(
          /^/,
          regexSubscriptionMode === 'NonPersistentOnly' ? 'non-persistent://' : 'persistent://',
        ),
        subscription,
        regexSubscriptionMode,
        subscriptionInitialPosition: 'Earliest',
      });
    const a = await pat('PersistentOnly', 'pa');
    const b = await pat('NonPersistentOnly', 'pb');
    const c = await pat('AllTopics', 'pc');
    for (const p of ps) await p.send({ data: bytes(p.getTopic()) });
    const [x, y, z, w] = (await Promise.all([m, a, b, c].map((k) => drain(k, 1500)))).map((l) =>
      l.map(text).sort(),
    );
    assert.deepEqual(x, ts);
    assert.deepEqual(y, ts);
    assert.deepEqual(z, [np]);
    assert.deepEqual(w, [np, ...ts]);
    await Promise.all([m, a, b, c, ...ps].map((k) => k.close()));
  },
  async 'message listener (sync, async, throwing) and batchReceive'() {
    const t = topic();
    const p = await produce({ topic: t, batchingEnabled: false });
    const got = [];
    const c = await subscribe({
      topic: t,
      listener: async (m, k) => {
        got.push(text(m));
        await k.acknowledge(m);
        if (got.length === 2) throw new Error('on purpose');
      },
    });
    for (let i = 0; i < 10; i++) await p.send({ data: bytes(i) });
    await until('listener', () => got.length === 10);
    assert.deepEqual(got, [...Array(10).keys()].map(String));
    await c.close();
    const b = await client.subscribe({
      topic: t,
      subscription: 'b',
      subscriptionInitialPosition: 'Earliest',
      batchReceivePolicy: { maxNumMessages: 4, maxNumBytes: 1 << 20, timeoutMs: 500 },
    });
    const sizes = [];
    let all = [];
    while (all.length < 10) {
      const l = await b.batchReceive();
      sizes.push(l.length);
      all = all.concat(l.map(text));
      for (const m of l) await b.acknowledge(m);
    }
    assert.deepEqual(all, got);
    assert.ok(Math.max(...sizes) <= 4 && Math.max(...sizes) > 1);
    await assert.rejects(
      subscribe({ topic: t, batchReceivePolicy: { maxNumMessages: -1, maxNumBytes: -1, timeoutMs: -1 } }),
      /At least one/,
    );
    await b.close();
    await p.close();
  },
};
