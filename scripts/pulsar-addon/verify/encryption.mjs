import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Pulsar,
  bytes,
  client,
  drain,
  keyDirectory,
  produce,
  subscribe,
  take,
  text,
  topic,
  topicStats,
  until,
} from './harness.mjs';

export const encryptionChecks = {
  async 'encryption: key files, JS key reader, context, failure actions'() {
    const calls = [];
    class Keys extends Pulsar.CryptoKeyReader {
      getPublicKey(name, metadata) {
        calls.push(['pub', name, metadata]);
        return { key: readFileSync(join(keyDirectory, 'pub.pem')), metadata: { ver: '7' } };
      }
      getPrivateKey(name, metadata) {
        calls.push(['priv', name, metadata]);
        return { key: readFileSync(join(keyDirectory, 'priv.pem')), metadata: {} };
      }
    }
    for (const [how, po, co] of [
      [
        'files',
        { publicKeyPath: join(keyDirectory, 'pub.pem'), encryptionKey: 'k1' },
        { privateKeyPath: join(keyDirectory, 'priv.pem') },
      ],
      ['js', { cryptoKeyReader: new Keys(), encryptionKeys: ['k1'] }, { cryptoKeyReader: new Keys() }],
    ]) {
      for (const compressionType of ['None', 'Zlib', 'LZ4', 'ZSTD', 'SNAPPY']) {
        const t = topic(how);
        const c = await subscribe({ topic: t, ...co });
        const p = await produce({
          topic: t,
          batchingEnabled: false,
          compressionType,
          cryptoFailureAction: 'FAIL',
          ...po,
        });
        const data = 'secret '.repeat(500);
        await p.send({ data: bytes(data) });
        const [m] = await take(c, 1);
        assert.equal(text(m), data);
        const x = m.getEncryptionContext();
        assert.equal(x.keys.length, 1);
        assert.equal(x.keys[0].key, 'k1');
        assert.equal(x.keys[0].value.length, 256);
        assert.deepEqual(x.keys[0].metadata, how === 'js' ? { ver: '7' } : {});
        assert.equal(x.param.length, 12);
        assert.equal(x.algorithm, '');
        assert.equal(x.compressionType, compressionType);
        assert.equal(x.uncompressedMessageSize, compressionType === 'None' ? 0 : data.length);
        assert.equal(x.batchSize, -1);
        assert.equal(x.isDecryptionFailed, false);
        await p.close();
        await c.close();
      }
    }
    assert.ok(calls.some((c) => c[0] === 'pub' && c[1] === 'k1') && calls.some((c) => c[0] === 'priv'));
    const t = topic();
    const none = {};
    for (const a of ['FAIL', 'DISCARD', 'CONSUME'])
      none[a] = await client.subscribe({ topic: t, subscription: a, cryptoFailureAction: a });
    const p = await produce({
      topic: t,
      publicKeyPath: join(keyDirectory, 'pub.pem'),
      encryptionKey: 'k1',
      batchingEnabled: true,
    });
    await p.send({ data: bytes('hidden') });
    const [m] = await take(none.CONSUME, 1);
    assert.notEqual(text(m), 'hidden');
    const x = m.getEncryptionContext();
    assert.equal(x.isDecryptionFailed, true);
    assert.equal(x.batchSize, 1);
    assert.equal((await drain(none.FAIL)).length + (await drain(none.DISCARD)).length, 0);
    const left = async (s) => (await topicStats(t)).subscriptions[s].msgBacklog;
    await until('DISCARD to drop the message', async () => (await left('DISCARD')) === 0);
    assert.equal(await left('FAIL'), 1);
    const r = await client.createReader({
      topic: t,
      startMessageId: Pulsar.MessageId.earliest(),
      privateKeyPath: join(keyDirectory, 'priv.pem'),
      cryptoFailureAction: 'CONSUME',
    });
    assert.equal(text(await r.readNext(5000)), 'hidden');
    class Bad extends Pulsar.CryptoKeyReader {
      getPublicKey() {
        throw new Error('no');
      }
    }
    const bad = { topic: t, cryptoKeyReader: new Bad(), encryptionKeys: ['k1'], batchingEnabled: false };
    await assert.rejects(
      (async () => {
        const q = await produce({ ...bad, cryptoFailureAction: 'FAIL' });
        try {
          await q.send({ data: bytes(1) });
        } finally {
          await q.close();
        }
      })(),
      /CryptoError/,
    );
    const send = await produce({ ...bad, topic: topic(), cryptoFailureAction: 'SEND' }); // accepted, but libpulsar 4.2 never looks at it
    await assert.rejects(send.send({ data: bytes(1) }), /CryptoError/);
    await Promise.all([p, r, send, ...Object.values(none)].map((c) => c.close()));
  },
};
