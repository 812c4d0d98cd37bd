import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { isRunning } from '../../scripts/process.ts';
import { startPulsar } from '../../scripts/services/pulsar.ts';
import { startRedisCluster } from '../../scripts/services/redis-cluster.ts';
import { redisCommand } from '../../scripts/services/redis-command.ts';
import { redisIsHealthy, startRedis } from '../../scripts/services/redis.ts';

const quiet = () => undefined;
const firstStartMs = 180_000; // with the download

/** Status of a request to the admin API, and the text of its answer. */
async function request(method: string, url: string): Promise<{ status: number; body: string }> {
  const response = await fetch(url, { method });
  return { status: response.status, body: await response.text() };
}

describe('services', () => {
  let dir: string;
  const ending: (() => Promise<void>)[] = [];

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vpcast-services-'));
  });

  after(async function () {
    this.timeout(60_000);
    await Promise.all(ending.map((end) => end()));
    await rm(dir, { recursive: true });
  });

  it('has a pulsar-client whose addon loads', async () => {
    const script = fileURLToPath(new URL('../../scripts/pulsar-addon/ensure.mjs', import.meta.url));
    const { stderr } = await promisify(execFile)(process.execPath, [script]);
    expect(stderr).to.match(/^pulsar-client \S+: works$/m);
  });

  it('has a Pulsar that creates, lists and forcibly deletes, and makes no topic unasked', async function () {
    this.timeout(firstStartMs);
    let adminUrl = process.env['VPCAST_PULSAR_ADMIN_URL'];
    if (adminUrl === undefined) {
      const pulsar = await startPulsar({ dir: join(dir, 'pulsar'), report: quiet });
      ending.push(() => pulsar.stop());
      adminUrl = pulsar.adminUrl;
    }
    const namespace = `public/services-${randomUUID()}`;
    const namespaceUrl = `${adminUrl}/admin/v2/namespaces/${namespace}`;
    const topicsUrl = `${adminUrl}/admin/v2/persistent/${namespace}`;
    expect((await request('PUT', namespaceUrl)).status).to.equal(204);
    try {
      expect((await request('PUT', `${topicsUrl}/created`)).status).to.equal(204);
      expect(
        (await request('GET', `${adminUrl}/lookup/v2/topic/persistent/${namespace}/other`)).status,
      ).to.equal(404);
      const topics = JSON.parse((await request('GET', topicsUrl)).body) as unknown;
      expect(topics).to.deep.equal([`persistent://${namespace}/created`]);
    } finally {
      expect((await request('DELETE', `${namespaceUrl}?force=true`)).status).to.equal(204);
    }
  });

  it('has a Redis that answers', async function () {
    this.timeout(firstStartMs);
    const url = process.env['VPCAST_REDIS_URL'];
    if (url !== undefined) {
      expect(await redisIsHealthy(Number(new URL(url).port))).to.be.true;
      return;
    }
    const redis = await startRedis({ dir: join(dir, 'redis'), report: quiet });
    ending.push(() => redis.stop());
    expect(await redisIsHealthy(redis.port)).to.be.true;
  });

  it('restarts a killed Redis on the same port with its data', async function () {
    this.timeout(firstStartMs);
    const redis = await startRedis({ dir: join(dir, 'killed'), appendfsync: 'always', report: quiet });
    ending.push(() => redis.stop());
    await redisCommand(redis.port, 'SET', 'key', 'välue');
    const killed = redis.identity;
    await redis.kill('SIGKILL');
    expect(isRunning(killed)).to.be.false;
    await redis.restart();
    expect(redis.pid).not.to.equal(killed.pid);
    expect(await redisCommand(redis.port, 'GET', 'key')).to.equal('välue');
  });

  it('brings up a Redis Cluster of three that owns every slot', async function () {
    this.timeout(firstStartMs);
    const cluster = await startRedisCluster({ dir: join(dir, 'cluster'), report: quiet });
    ending.push(() => cluster.stop());
    expect(cluster.urls).to.have.length(3);
    for (const { port } of cluster.nodes) {
      const info = String(await redisCommand(port, 'CLUSTER', 'INFO'));
      expect(info).to.include('cluster_state:ok').and.include('cluster_slots_ok:16384');
      expect(info).to.include('cluster_known_nodes:3').and.include('cluster_size:3');
    }
  });
});
