import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  Pulsar,
  bytes,
  keyDirectory,
  keyPair,
  logs,
  option,
  produce,
  collectGarbage,
  topic,
  until,
  url,
} from './harness.mjs';

export const clientsChecks = {
  async 'client options, token and TLS authentication objects'() {
    let asked = 0;
    const tls = new Pulsar.AuthenticationTls({
      certificatePath: join(keyDirectory, 'pub.pem'),
      privateKeyPath: join(keyDirectory, 'priv.pem'),
    });
    for (const authentication of [
      tls,
      new Pulsar.AuthenticationToken({ token: 'abc' }),
      new Pulsar.AuthenticationToken({
        token: () => {
          asked++;
          return 'x';
        },
      }),
      new Pulsar.AuthenticationToken({
        token: async () => {
          asked++;
          return 'y';
        },
      }),
      new Pulsar.AuthenticationBasic({ username: 'u', password: 'p' }),
    ]) {
      const c = new Pulsar.Client({
        serviceUrl: url,
        authentication,
        ioThreads: 2,
        messageListenerThreads: 2,
        concurrentLookupRequest: 100,
        statsIntervalInSeconds: 60,
        connectionTimeoutMs: 3000,
        operationTimeoutSeconds: 5,
        tlsAllowInsecureConnection: true,
        tlsValidateHostname: false,
        tlsCertificateFilePath: join(keyDirectory, 'pub.pem'),
        tlsPrivateKeyFilePath: join(keyDirectory, 'priv.pem'),
      });
      if (authentication !== tls) {
        const p = await c.createProducer({ topic: topic() });
        await p.send({ data: bytes(1) });
      }
      await c.close();
    }
    assert.equal(asked, 2);
    new Pulsar.AuthenticationOauth2({
      type: 'client_credentials',
      issuer_url: 'http://127.0.0.1:1',
      client_id: 'a',
      client_secret: 'b',
    });
    assert.throws(() => new Pulsar.AuthenticationToken({}), /Missing required parameter/);
  },
  async 'errors: bad URL, dead port, bad topic, closed client'() {
    assert.throws(() => new Pulsar.Client({}), /Service URL is required/);
    assert.throws(() => new Pulsar.Client({ serviceUrl: 'nonsense' }), /.+/);
    const dead = new Pulsar.Client({
      serviceUrl: 'pulsar://127.0.0.1:1',
      operationTimeoutSeconds: 2,
      connectionTimeoutMs: 500,
    });
    await assert.rejects(
      dead.createProducer({ topic: topic() }),
      /Failed to create producer: (ConnectError|TimeOut|Retryable|ResultDisconnected)/,
    );
    await dead.close();
    await assert.rejects(produce({ topic: 'bad://x/y/z/w/v/u' }), /InvalidTopicName/);
    await assert.rejects(produce({}), /Topic is required/);
    const c = new Pulsar.Client({ serviceUrl: url });
    await c.close();
    await assert.rejects(c.createProducer({ topic: topic() }), /AlreadyClosed/);
  },
  async 'log handler and level'() {
    assert.ok(logs.length > 10);
    const l = logs.find((x) => /Connected|Created|connection/i.test(x.message));
    assert.ok(l && Number.isInteger(l.line) && l.line > 0 && /\w/.test(l.file));
    assert.ok(logs.every((x) => x.level >= 1 && x.level <= 3));
    assert.deepEqual([...new Set(logs.map((x) => x.level))].sort()[0], 1);
  },
  async 'automatic cluster failover, both thresholds and the check interval'() {
    const go = async (o) => {
      const c = new Pulsar.Client({
        serviceUrlProvider: {
          primary: 'pulsar://127.0.0.1:1',
          secondary: [
            {
              serviceUrl: 'pulsar://127.0.0.1:2',
              authentication: new Pulsar.AuthenticationToken({ token: 'q' }),
            },
            { serviceUrl: url, tlsTrustCertsFilePath: join(keyDirectory, 'pub.pem') },
          ],
          ...o,
        },
        operationTimeoutSeconds: 20,
        connectionTimeoutMs: 200,
      });
      const t0 = Date.now();
      const p = await until('failover', () => c.createProducer({ topic: topic() }).catch(() => null));
      await p.send({ data: bytes(1) });
      await p.close();
      await c.close();
      return Date.now() - t0;
    };
    const quick = await go({ checkIntervalMs: 200, failoverThreshold: 1, switchBackThreshold: 50 });
    const slow = await go({ checkIntervalMs: 400, failoverThreshold: 10, switchBackThreshold: 1 });
    assert.ok(quick < 3000 && slow > 3400, `${quick} ms, then ${slow} ms`);
    assert.throws(
      () => new Pulsar.Client({ serviceUrlProvider: { primary: url, secondary: [] } }),
      /at least one/,
    );
    return `${quick} ms, then ${slow} ms`;
  },
  async 'create and close cycles keep memory flat'() {
    const cycles = Number(option('cycles', 100));
    const rss = [];
    const t = topic();
    const mb = () => {
      collectGarbage();
      return Math.round(process.memoryUsage().rss / 1048576);
    };
    class Keys extends Pulsar.CryptoKeyReader {
      getPublicKey() {
        return { key: bytes(keyPair.publicKey), metadata: {} };
      }
      getPrivateKey() {
        return { key: bytes(keyPair.privateKey), metadata: {} };
      }
    }
    for (let i = 0; i <= cycles; i++) {
      const cryptoKeyReader = i % 10 ? undefined : new Keys();
      const c = new Pulsar.Client(
        i % 5 ? { serviceUrl: url } : { serviceUrlProvider: { primary: url, secondary: [url] } },
      );
      const k = await c.subscribe({
        topic: t,
        subscription: 'cyc',
        subscriptionType: 'KeyShared',
        keySharedPolicy: { keyShareMode: 'Sticky', stickyRanges: [{ start: 0, end: 65535 }] },
        schema: { schemaType: 'Bytes' },
        cryptoKeyReader,
      });
      const p = await c.createProducer({
        topic: t,
        cryptoKeyReader,
        encryptionKeys: cryptoKeyReader ? ['k'] : [],
        schema: { schemaType: 'Bytes' },
      });
      await p.send({ data: bytes(i), partitionKey: 'k' });
      const m = await k.receive(10000);
      m.getEncryptionContext();
      await k.acknowledge(m);
      await p.close();
      await k.close();
      await c.close();
      if (i % Math.max(1, Math.floor(cycles / 5)) === 0) {
        rss.push(mb());
      }
    }
    if (cycles >= 500) assert.ok(rss.at(-1) - rss[1] < 60, `RSS in MB: ${rss.join(' ')}`);
    return `RSS in MB over ${cycles} cycles: ${rss.join(' ')}`;
  },
};
