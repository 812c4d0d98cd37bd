import { cpus, release, totalmem } from 'node:os';
import { tryCommand } from '../scripts/services/command.ts';
import { redisCommand } from '../scripts/services/redis-command.ts';
import type { ServiceUrls } from '../scripts/services/up.ts';

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memory_gb: number;
  readonly kernel: string;
  readonly node: string;
  readonly pulsar: string;
  readonly redis: string;
}

export async function describeMachine({ pulsarAdminUrl, redisUrl }: ServiceUrls): Promise<Machine> {
  const [processor] = cpus();
  return {
    cores: cpus().length,
    processor: processor?.model ?? 'unknown',
    memory_gb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    pulsar: await (await fetch(`${pulsarAdminUrl}/admin/v2/brokers/version`)).text(),
    redis: await redisVersion(new URL(redisUrl)),
  };
}

async function redisVersion({ hostname, port }: URL): Promise<string> {
  if (hostname !== '127.0.0.1') return 'unknown';
  const info = await redisCommand(Number(port), 'INFO', 'server').catch(() => '');
  return /redis_version:(\S+)/.exec(String(info))?.[1] ?? 'unknown';
}

/** With "+" where the working tree differs from it. */
export async function commit(): Promise<string> {
  const head = await tryCommand('git', ['rev-parse', '--short', 'HEAD']);
  if (!head.ok) return 'unknown';
  const changes = await tryCommand('git', ['status', '--porcelain', '--untracked-files=no']);
  return head.output.trim() + (changes.output.trim() === '' ? '' : '+');
}
