import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisStoreOptions, openRedisStore } from '../../adapters/redis/store.ts';
import type { Store } from '../../core/store/port.ts';
import { startRedisCluster } from '../../scripts/services/redis-cluster.ts';
import { type RedisService, startRedis } from '../../scripts/services/redis.ts';

/** Where a Redis listens, and how to be rid of it. */
export interface RedisForTest {
  readonly place: Pick<RedisStoreOptions, 'url' | 'nodes' | 'cluster'>;
  /** None when the server is not ours. */
  readonly services: readonly RedisService[];
  stop(): Promise<void>;
}

/** The server at VPCAST_REDIS_URL, or one of our own. */
export async function singleRedis(): Promise<RedisForTest> {
  const given = process.env['VPCAST_REDIS_URL'];
  if (given !== undefined && given !== '') {
    return { place: { url: given, cluster: false }, services: [], stop: () => Promise.resolve() };
  }
  return ownRedis();
}

/** One of our own in any case, for tests that harm it. */
export function ownRedis(): Promise<RedisForTest> {
  return inDirectory(async (dir) => {
    const service = await startRedis({ dir });
    return { place: { url: service.url, cluster: false }, services: [service], stop: () => service.stop() };
  });
}

/** With `always`, what was answered survives the kill of a node; otherwise even that may cost the last moments. */
export function redisCluster(appendfsync: 'everysec' | 'always' = 'everysec'): Promise<RedisForTest> {
  return inDirectory(async (dir) => {
    const service = await startRedisCluster({ dir, nodes: 3, appendfsync });
    const nodes = service.nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
    return { place: { nodes, cluster: true }, services: service.nodes, stop: () => service.stop() };
  });
}

/** A store whose keys are its own. */
export function freshStore({ place }: RedisForTest, options: Partial<RedisStoreOptions> = {}): Store {
  return openRedisStore({ ...place, keyPrefix: `vpcast-test:${randomUUID()}`, ...options });
}

async function inDirectory(start: (dir: string) => Promise<RedisForTest>): Promise<RedisForTest> {
  const dir = await mkdtemp(join(tmpdir(), 'vpcast-store-'));
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true });
  try {
    const started = await start(dir);
    return {
      ...started,
      stop: async () => {
        await started.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
