// What the checks share: a client, a namespace of this run's own, keys, and short ways to produce and consume.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { packageDirectory } from '../package-directory.mjs';

export const option = (name, fallback) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback;

export const url = process.env.VPCAST_PULSAR_URL ?? 'pulsar://127.0.0.1:6650';
export const admin = process.env.VPCAST_PULSAR_ADMIN_URL ?? 'http://127.0.0.1:8080';
export const Pulsar = createRequire(import.meta.url)(packageDirectory);

setFlagsFromString('--expose_gc');
export const collectGarbage = runInNewContext('gc');

export const run = `v${Date.now().toString(36)}`;
export const namespace = `public/verify-${run}`;
let topics = 0;
export const topic = (name = 't') => `persistent://${namespace}/${run}-${name}-${topics++}`;

async function adminRequest(method, path, body) {
  const response = await fetch(`${admin}/admin/v2/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${response.ok ? '' : await response.text()}`);
  return response;
}

const restPath = (topicName) => topicName.replace('://', '/');
export const topicStats = async (topicName) =>
  (await fetch(`${admin}/admin/v2/${restPath(topicName)}/stats`)).json();
export const makePartitions = (topicName, count) =>
  adminRequest('PUT', `${restPath(topicName)}/partitions`, count);

/** The checks let clients make their topics, whatever the broker's own setting. */
export async function makeNamespace() {
  await adminRequest('PUT', `namespaces/${namespace}`, {});
  const override = { allowAutoTopicCreation: true, topicType: 'non-partitioned' };
  await adminRequest('POST', `namespaces/${namespace}/autoTopicCreation`, override);
}

export async function until(what, condition, timeoutMs = 15_000) {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(100)) {
    const value = await condition();
    if (value) return value;
  }
  throw new Error(`gave up waiting for ${what}`);
}

export const bytes = (value) => Buffer.from(String(value));
export const text = (message) => message.getData().toString();

/** The next `count` messages. */
export async function take(consumer, count, acknowledge = true) {
  const messages = [];
  while (messages.length < count) {
    const message = await consumer.receive(15_000);
    messages.push(message);
    if (acknowledge) await consumer.acknowledge(message);
  }
  return messages;
}

/** Everything that comes until nothing has come for `quietMs`. */
export async function drain(consumer, quietMs = 800) {
  const messages = [];
  for (;;) {
    try {
      messages.push(await consumer.receive(quietMs));
    } catch (error) {
      assert.match(error.message, /TimeOut/);
      return messages;
    }
  }
}

export const keyDirectory = mkdtempSync(join(tmpdir(), 'pulsar-verify-'));
export const keyPair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
writeFileSync(join(keyDirectory, 'pub.pem'), keyPair.publicKey);
writeFileSync(join(keyDirectory, 'priv.pem'), keyPair.privateKey);

export const logs = [];
Pulsar.Client.setLogHandler((level, file, line, message) => logs.push({ level, file, line, message }));

export const client = new Pulsar.Client({
  serviceUrl: url,
  operationTimeoutSeconds: 15,
  logLevel: Pulsar.LogLevel.INFO,
});
export const subscribe = (options) =>
  client.subscribe({ subscription: 's', subscriptionInitialPosition: 'Earliest', ...options });
export const produce = (options) => client.createProducer({ sendTimeoutMs: 15_000, ...options });

export async function cleanUp() {
  await client.close();
  Pulsar.Client.setLogHandler(null);
  rmSync(keyDirectory, { recursive: true });
  await fetch(`${admin}/admin/v2/namespaces/${namespace}?force=true`, { method: 'DELETE' });
}
