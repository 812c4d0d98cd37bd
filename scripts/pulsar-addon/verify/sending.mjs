import assert from 'node:assert/strict';
import {
  Pulsar,
  admin,
  bytes,
  client,
  drain,
  makePartitions,
  produce,
  run,
  subscribe,
  take,
  text,
  topic,
  topicStats,
} from './harness.mjs';

export const sendingChecks = {
  async 'unbatched send, every message field'() {
    const t = topic();
    const c = await subscribe({ topic: t });
    const p = await produce({
      topic: t,
      batchingEnabled: false,
      producerName: `${run}-p`,
      initialSequenceId: 41,
      properties: { pk: 'pv' },
      accessMode: 'Exclusive',
    });
    const id = await p.send({
      data: bytes('hello'),
      properties: { a: '1', b: 'zwei' },
      partitionKey: 'key',
      orderingKey: 'ord',
      eventTimestamp: 1234567890123,
      sequenceId: 77,
    });
    const [m] = await take(c, 1);
    assert.equal(text(m), 'hello');
    assert.deepEqual({ ...m.getProperties() }, { a: '1', b: 'zwei' });
    assert.equal(m.getPartitionKey(), 'key');
    assert.equal(m.getOrderingKey(), 'ord');
    assert.equal(m.getEventTimestamp(), 1234567890123);
    assert.equal(m.getTopicName(), t);
    assert.ok(Math.abs(m.getPublishTimestamp() - Date.now()) < 60000);
    assert.equal(m.getProducerName(), `${run}-p`);
    assert.equal(m.getRedeliveryCount(), 0);
    assert.equal(m.isReplicated(), false);
    assert.equal(m.getReplicatedFrom(), '');
    assert.equal(m.getEncryptionContext(), null);
    assert.equal(m.getMessageId().toString(), id.toString());
    assert.equal(Pulsar.MessageId.deserialize(id.serialize()).toString(), id.toString());
    assert.equal(p.getProducerName(), `${run}-p`);
    assert.equal(p.getTopic(), t);
    assert.equal(p.isConnected(), true);
    const st = (await topicStats(t)).publishers[0];
    assert.equal(st.accessMode, 'Exclusive');
    assert.equal(st.metadata.pk, 'pv');
    await assert.rejects(produce({ topic: t, accessMode: 'Shared' }), /ProducerFenced|ProducerBusy/);
    await p.flush();
    await p.close();
    await c.close();
  },
  async 'access modes as the broker sees them'() {
    for (const accessMode of ['Shared', 'WaitForExclusive', 'ExclusiveWithFencing']) {
      const t = topic();
      const p = await produce({ topic: t, accessMode });
      assert.equal((await topicStats(t)).publishers[0].accessMode, accessMode);
      await p.close();
    }
  },
  async 'delayed delivery, disabled and chosen replication'() {
    const t = topic();
    const c = await subscribe({ topic: t, subscriptionType: 'Shared' });
    const p = await produce({ topic: t });
    const t0 = Date.now();
    await p.send({ data: bytes(1), deliverAfter: 1500 });
    await p.send({ data: bytes(2), deliverAt: Date.now() + 1500 });
    await p.send({ data: bytes(3), disableReplication: true });
    await p.send({ data: bytes(4), replicationClusters: ['standalone', 'standalone'] });
    const ms = await take(c, 4);
    assert.deepEqual(ms.map(text).slice(0, 2).sort(), ['3', '4']);
    assert.ok(Date.now() - t0 > 1200);
    await p.close();
    await c.close();
  },
  async 'default batching puts messages in one entry'() {
    const t = topic();
    const c = await subscribe({ topic: t });
    const p = await produce({
      topic: t,
      batchingEnabled: true,
      batchingMaxMessages: 10,
      batchingMaxPublishDelayMs: 2000,
      batchingMaxAllowedSizeInBytes: 131072,
      maxPendingMessages: 500,
      blockIfQueueFull: true,
    });
    const ids = await Promise.all([...Array(20).keys()].map((i) => p.send({ data: bytes(i) })));
    assert.equal(new Set(ids.map((i) => i.toString().split(',').slice(0, 2).join())).size, 2);
    assert.deepEqual((await take(c, 20)).map(text), [...Array(20).keys()].map(String));
    await p.close();
    await c.close();
  },
  async 'key-based batching groups by key'() {
    const t = topic();
    const c = await subscribe({ topic: t });
    const p = await produce({
      topic: t,
      batchingEnabled: true,
      batchingType: 'KeyBasedBatching',
      batchingMaxMessages: 12,
      batchingMaxPublishDelayMs: 2000,
    });
    const sent = [...Array(12).keys()].map((i) => ({ k: `k${i % 3}`, i }));
    const ids = await Promise.all(sent.map(({ k, i }) => p.send({ data: bytes(i), partitionKey: k })));
    const entry = ids.map((i) => i.toString().split(',').slice(0, 2).join());
    assert.equal(new Set(entry).size, 3);
    for (const { k, i } of sent) assert.equal(entry[i], entry[Number(k[1])]);
    await take(c, 12);
    await p.close();
    await c.close();
  },
  async 'chunking of a 12 MB message'() {
    const t = topic();
    const c = await subscribe({
      topic: t,
      maxPendingChunkedMessage: 5,
      autoAckOldestChunkedMessageOnQueueFull: true,
    });
    const data = Buffer.alloc(12 << 20);
    for (let i = 0; i < data.length; i += 4) data.writeUInt32LE((i * 2654435761) >>> 0, i);
    const plain = await produce({ topic: t, batchingEnabled: false });
    await assert.rejects(plain.send({ data }), /MessageTooBig/);
    const p = await produce({ topic: t, batchingEnabled: false, chunkingEnabled: true });
    await p.send({ data });
    const [m] = await take(c, 1);
    assert.equal(m.getData().compare(data), 0);
    await p.close();
    await plain.close();
    await c.close();
  },
  async 'every compression kind, by size at the broker'() {
    const size = {};
    for (const compressionType of ['None', 'Zlib', 'LZ4', 'ZSTD', 'SNAPPY']) {
      const t = topic();
      const c = await subscribe({ topic: t });
      const p = await produce({ topic: t, compressionType, batchingEnabled: false });
      const data = bytes('abcdefgh'.repeat(20000));
      await p.send({ data });
      assert.equal((await take(c, 1))[0].getData().compare(data), 0);
      size[compressionType] = (await topicStats(t)).bytesInCounter;
      await p.close();
      await c.close();
    }
    assert.ok(size.None > 160000);
    for (const k of ['Zlib', 'LZ4', 'ZSTD', 'SNAPPY']) assert.ok(size[k] < 10000, k);
    assert.equal(new Set(Object.values(size)).size, 5);
  },
  async 'partitioned topic: list, routing modes, hashing schemes, router'() {
    const t = topic('part');
    await makePartitions(t, 4);
    assert.equal((await client.getPartitionsForTopic(t)).length, 4);
    assert.deepEqual(await client.getPartitionsForTopic(topic()).then((x) => x.length), 1);
    const where = async (o, msgs) => {
      const p = await produce({
        topic: t,
        batchingEnabled: false,
        maxPendingMessagesAcrossPartitions: 1000,
        ...o,
      });
      const r = [];
      for (const x of msgs) r.push(Number((await p.send(x)).toString().replace(/[()]/g, '').split(',')[2]));
      await p.close();
      return r;
    };
    const plain = [...Array(8).keys()].map((i) => ({ data: bytes(i) }));
    assert.equal(new Set(await where({ messageRoutingMode: 'UseSinglePartition' }, plain)).size, 1);
    assert.equal(new Set(await where({ messageRoutingMode: 'RoundRobinDistribution' }, plain)).size, 4);
    const seen = [];
    assert.deepEqual(
      await where(
        {
          messageRoutingMode: 'CustomPartition',
          messageRouter: (m, meta) => {
            seen.push(meta.numPartitions);
            return Number(text(m)) % 3;
          },
        },
        plain,
      ),
      [0, 1, 2, 0, 1, 2, 0, 1],
    );
    assert.deepEqual([...new Set(seen)], [4]);
    const keyed = [...Array(30).keys()].map((i) => ({ data: bytes(i), partitionKey: `key-${i}` }));
    const java = (s) => [...s].reduce((h, ch) => (Math.imul(h, 31) + ch.charCodeAt(0)) | 0, 0) & 0x7fffffff;
    const got = {};
    for (const hashingScheme of ['Murmur3_32Hash', 'BoostHash', 'JavaStringHash'])
      got[hashingScheme] = await where({ hashingScheme }, keyed);
    assert.deepEqual(
      got.JavaStringHash,
      keyed.map((m) => java(m.partitionKey) % 4),
    );
    assert.equal(new Set(Object.values(got).map(String)).size, 3);
    const c = await subscribe({ topic: t });
    assert.equal((await drain(c)).length, 3 * 8 + 90);
    await c.close();
  },
  async 'schema reaches the broker; another is refused'() {
    const t = topic();
    const schema = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'f', type: 'string' }] });
    const p = await produce({
      topic: t,
      schema: { schemaType: 'Json', name: 'R', schema, properties: { o: 'me' } },
    });
    const s = await (await fetch(`${admin}/admin/v2/schemas/${t.split('://')[1]}/schema`)).json();
    assert.equal(s.type, 'JSON');
    assert.deepEqual(JSON.parse(s.data), JSON.parse(schema));
    assert.equal(s.properties.o, 'me');
    await assert.rejects(
      produce({
        topic: t,
        schema: { schemaType: 'Json', name: 'R', schema: schema.replace('string', 'int') },
      }),
      /IncompatibleSchema/,
    );
    const c = await subscribe({ topic: t, schema: { schemaType: 'Json', name: 'R', schema } });
    await p.send({ data: bytes('{"f":"x"}') });
    assert.equal(text((await take(c, 1))[0]), '{"f":"x"}');
    const t2 = topic();
    const q = await produce({ topic: t2, schema: { schemaType: 'Avro', name: 'R', schema } });
    assert.equal(
      (await (await fetch(`${admin}/admin/v2/schemas/${t2.split('://')[1]}/schema`)).json()).type,
      'AVRO',
    );
    await Promise.all([c, p, q].map((x) => x.close()));
  },
};
