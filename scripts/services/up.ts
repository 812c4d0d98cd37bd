// One Pulsar and one Redis that stay up after the command that started them, known by a state file.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../cache.mjs';
import { eventually } from '../eventually.ts';
import { endProcess, isRunning, type ProcessIdentity } from '../process.ts';
import { type Report, reportOnStderr, withProgress } from './progress.ts';
import { pulsarIsHealthy, startPulsar } from './pulsar.ts';
import { redisIsHealthy, type RedisOptions, startRedis } from './redis.ts';

interface PulsarRecord extends ProcessIdentity {
  readonly url: string;
  readonly adminUrl: string;
}

interface RedisRecord extends ProcessIdentity {
  readonly url: string;
}

interface State {
  readonly pulsar?: PulsarRecord;
  readonly redis?: RedisRecord;
}

export interface ServiceUrls {
  readonly pulsarUrl: string;
  readonly pulsarAdminUrl: string;
  readonly redisUrl: string;
}

export type Condition = 'down' | 'unhealthy' | 'healthy';

export interface ServicesStatus {
  readonly pulsar: { condition: Condition } & Partial<PulsarRecord>;
  readonly redis: { condition: Condition } & Partial<RedisRecord>;
}

export interface UpOptions extends Pick<RedisOptions, 'appendfsync'> {
  readonly dir: string;
  readonly report?: Report;
}

const stateFile = (dir: string) => join(dir, 'state.json');

async function readState(dir: string): Promise<State> {
  try {
    return JSON.parse(await readFile(stateFile(dir), 'utf8')) as State;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

async function writeState(dir: string, state: State): Promise<void> {
  const part = `${stateFile(dir)}.part`;
  await writeFile(part, JSON.stringify(state, null, 2));
  await rename(part, stateFile(dir));
}

const checkPulsar = ({ adminUrl }: PulsarRecord) => pulsarIsHealthy(adminUrl);
const checkRedis = ({ url }: RedisRecord) => redisIsHealthy(Number(new URL(url).port));

async function conditionOf<R extends ProcessIdentity>(
  record: R | undefined,
  check: (record: R) => Promise<boolean>,
): Promise<Condition> {
  if (record === undefined || !isRunning(record)) return 'down';
  const healthy = await check(record).catch(() => false);
  return healthy ? 'healthy' : 'unhealthy';
}

/** The running service if there is one, once it is healthy; else a new one. */
async function reuseOrStart<R extends ProcessIdentity>(
  record: R | undefined,
  check: (record: R) => Promise<boolean>,
  start: () => Promise<R>,
): Promise<R> {
  if (record === undefined || !isRunning(record)) return start();
  await eventually(`process ${record.pid} to become healthy`, () => check(record), { timeoutMs: 30_000 });
  return record;
}

async function pulsarRecord(dir: string, report: Report): Promise<PulsarRecord> {
  const { identity, url, adminUrl } = await withProgress(report, 'starting Pulsar', () =>
    startPulsar({ dir: join(dir, 'pulsar'), lifetime: 'detached', report }),
  );
  return { ...identity, url, adminUrl };
}

async function redisRecord(
  { dir, appendfsync = 'everysec' }: UpOptions,
  report: Report,
): Promise<RedisRecord> {
  const { identity, url } = await withProgress(report, 'starting Redis', () =>
    startRedis({ dir: join(dir, 'redis'), lifetime: 'detached', appendfsync, report }),
  );
  return { ...identity, url };
}

/** Starts what is not running yet; when all of it is, only tells where. */
export async function up(options: UpOptions): Promise<ServiceUrls> {
  const { dir, report = reportOnStderr } = options;
  await mkdir(dir, { recursive: true });
  return withLock(join(dir, 'lock'), async () => {
    const state = await readState(dir);
    const [pulsar, redis] = await Promise.allSettled([
      reuseOrStart(state.pulsar, checkPulsar, () => pulsarRecord(dir, report)),
      reuseOrStart(state.redis, checkRedis, () => redisRecord(options, report)),
    ]);
    // Written even when one of them failed: `down` must know of the other.
    await writeState(dir, {
      ...(pulsar.status === 'fulfilled' ? { pulsar: pulsar.value } : {}),
      ...(redis.status === 'fulfilled' ? { redis: redis.value } : {}),
    });
    if (pulsar.status === 'rejected') throw pulsar.reason;
    if (redis.status === 'rejected') throw redis.reason;
    return { pulsarUrl: pulsar.value.url, pulsarAdminUrl: pulsar.value.adminUrl, redisUrl: redis.value.url };
  });
}

/** Ends what `up` started. The data stays for the next `up`, unless it is to be wiped. */
export async function down(dir: string, { wipe = false } = {}): Promise<void> {
  await mkdir(dir, { recursive: true });
  await withLock(join(dir, 'lock'), async () => {
    const { pulsar, redis } = await readState(dir);
    const running = [pulsar, redis].filter((record) => record !== undefined);
    await Promise.all(running.map((record) => endProcess(record, 20_000)));
    await rm(stateFile(dir), { force: true });
    if (wipe)
      for (const part of ['pulsar', 'redis']) await rm(join(dir, part), { recursive: true, force: true });
  });
}

export async function status(dir: string): Promise<ServicesStatus> {
  const { pulsar, redis } = await readState(dir);
  const [pulsarCondition, redisCondition] = await Promise.all([
    conditionOf(pulsar, checkPulsar),
    conditionOf(redis, checkRedis),
  ]);
  return {
    pulsar: { condition: pulsarCondition, ...(pulsarCondition === 'down' ? {} : pulsar) },
    redis: { condition: redisCondition, ...(redisCondition === 'down' ? {} : redis) },
  };
}
