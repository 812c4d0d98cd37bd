// A Redis Cluster of loopback nodes without replicas, all slots assigned.
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { redisCommand } from './redis-command.ts';
import { type RedisOptions, type RedisService, startRedis } from './redis.ts';

const slotCount = 16_384;

export interface RedisClusterOptions extends Pick<
  RedisOptions,
  'dir' | 'appendfsync' | 'lifetime' | 'report'
> {
  readonly nodes?: number;
}

export interface RedisCluster {
  readonly urls: readonly string[];
  readonly nodes: readonly RedisService[];
  stop(): Promise<void>;
}

async function clusterIsOk(port: number, size: number): Promise<boolean> {
  const info = String(await redisCommand(port, 'CLUSTER', 'INFO'));
  return info.includes('cluster_state:ok') && info.includes(`cluster_size:${size}\r`);
}

async function assignSlots(nodes: readonly RedisService[]): Promise<void> {
  const firstOf = (index: number) => Math.floor((index * slotCount) / nodes.length);
  for (const [index, { port }] of nodes.entries()) {
    await redisCommand(port, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    await redisCommand(port, 'CLUSTER', 'ADDSLOTSRANGE', firstOf(index), firstOf(index + 1) - 1);
  }
  for (const { port, busPort } of nodes.slice(1))
    await redisCommand(nodes[0]!.port, 'CLUSTER', 'MEET', '127.0.0.1', port, busPort);
}

/** Starts the nodes and resolves once each of them sees the whole cluster. */
export async function startRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const { dir, nodes: size = 3, ...rest } = options;
  const nodes: RedisService[] = [];
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let index = 0; index < size; index++)
      nodes.push(await startRedis({ ...rest, dir: join(dir, `node-${index}`), cluster: true }));
    const known = String(await redisCommand(nodes[0]!.port, 'CLUSTER', 'INFO'));
    if (known.includes('cluster_slots_assigned:0\r')) await assignSlots(nodes);
    for (const { port } of nodes)
      await eventually(`node ${port} to see the whole cluster`, () => clusterIsOk(port, size), {
        timeoutMs: 20_000,
      });
  } catch (error) {
    await stop();
    throw error;
  }
  return { urls: nodes.map((node) => node.url), nodes, stop };
}
