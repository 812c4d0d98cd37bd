import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startPulsar } from '../scripts/services/pulsar.ts';
import type { PulsarService } from '../scripts/services/pulsar.ts';
import { startRedis } from '../scripts/services/redis.ts';
import type { ServiceUrls } from '../scripts/services/up.ts';
import type { Watched } from './processor-time.ts';

export interface BenchServices {
  readonly urls: ServiceUrls;
  /** Empty for services that somebody else runs. */
  readonly processes: readonly Watched[];
  /** Undefined where somebody else runs it. */
  readonly pulsar: PulsarService | undefined;
  stop(): Promise<void>;
}

const names = {
  pulsarUrl: 'VPCAST_PULSAR_URL',
  pulsarAdminUrl: 'VPCAST_PULSAR_ADMIN_URL',
  redisUrl: 'VPCAST_REDIS_URL',
} as const;

/** Makes the Pulsar client loadable. */
export function ensureAddon(): void {
  const addon = spawnSync('npm', ['run', '-s', 'addon'], { stdio: ['ignore', 2, 2] });
  if (addon.status !== 0) throw new Error('the pulsar-client addon is not usable; see above');
}

/** Those that the environment names; else fresh ones in the directory, which end with this process. */
export async function openServices(
  dir: string,
  settings: Readonly<Record<string, string>>,
): Promise<BenchServices> {
  ensureAddon();
  const given = Object.values(names).filter((name) => process.env[name] !== undefined);
  if (given.length === 0) return startServices(dir, settings);
  if (given.length < 3) throw new Error(`${Object.values(names).join(', ')} go together`);
  if (Object.keys(settings).length > 0) throw new Error('--broker is for a broker that the bench starts');
  const read = (name: string): string => process.env[name] ?? '';
  return {
    urls: {
      pulsarUrl: read(names.pulsarUrl),
      pulsarAdminUrl: read(names.pulsarAdminUrl),
      redisUrl: read(names.redisUrl),
    },
    processes: [],
    pulsar: undefined,
    stop: () => Promise.resolve(),
  };
}

async function startServices(
  dir: string,
  settings: Readonly<Record<string, string>>,
): Promise<BenchServices> {
  const started = await Promise.allSettled([
    startPulsar({ dir: join(dir, 'pulsar'), settings }),
    startRedis({ dir: join(dir, 'redis') }),
  ]);
  const [pulsar, redis] = started;
  const stop = async (): Promise<void> => {
    for (const one of started) if (one.status === 'fulfilled') await one.value.stop();
  };
  if (pulsar.status === 'rejected' || redis.status === 'rejected') {
    await stop();
    throw pulsar.status === 'rejected' ? pulsar.reason : (redis as PromiseRejectedResult).reason;
  }
  return {
    urls: { pulsarUrl: pulsar.value.url, pulsarAdminUrl: pulsar.value.adminUrl, redisUrl: redis.value.url },
    processes: [
      { name: 'Pulsar', pid: pulsar.value.pid },
      { name: 'Redis', pid: redis.value.pid },
    ],
    pulsar: pulsar.value,
    stop,
  };
}
