// A redis-server to run: the one on PATH when it is new enough, else Debian's package unpacked into the cache.
import { join } from 'node:path';
import { cacheDirectory, fillOnce } from '../cache.mjs';
import { tryCommand } from './command.ts';
import { libraryDirectories, unpackDebianPackages } from './debian-packages.ts';
import { type Report, withProgress } from './progress.ts';

const oldestMajor = 7;

export interface RedisProgram {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

async function majorVersion({ command, env }: RedisProgram): Promise<number> {
  const { ok, output } = await tryCommand(command, ['--version'], { env });
  return ok ? Number(/\bv=(\d+)\./.exec(output)?.[1] ?? 0) : 0;
}

async function unpackedProgram(root: string): Promise<RedisProgram> {
  const path = [...(await libraryDirectories(root)), process.env['LD_LIBRARY_PATH'] ?? ''].filter(Boolean);
  return {
    command: join(root, 'usr/bin/redis-server'),
    env: { ...process.env, LD_LIBRARY_PATH: path.join(':') },
  };
}

async function unpackRedis(staging: string): Promise<void> {
  // The libraries that they name; libc is the system's in any case.
  const isLibrary = (name: string) => /^(?:lib|lua-)/.test(name) && name !== 'libc6';
  await unpackDebianPackages(staging, ['redis-server', 'redis-tools'], isLibrary);
  const program = await unpackedProgram(staging);
  const { output } = await tryCommand('ldd', [program.command], { env: program.env });
  const absent = [...output.matchAll(/^\s*(\S+) => not found$/gm)].map(([, name]) => name!);
  if (absent.length > 0) throw new Error(`redis-server lacks ${absent.join(', ')}`);
  if ((await majorVersion(program)) < oldestMajor)
    throw new Error(`this system's package of redis-server is older than ${oldestMajor}`);
}

/** A redis-server of version 7 or later, downloaded on first use when PATH has none. */
export async function redisProgram(report: Report): Promise<RedisProgram> {
  const installed: RedisProgram = { command: 'redis-server', env: process.env };
  if ((await majorVersion(installed)) >= oldestMajor) return installed;
  const root = cacheDirectory('redis', `debian-${process.arch}`);
  try {
    await fillOnce(root, (staging) =>
      withProgress(report, 'fetching Redis from the Debian archive (2 MB)', () => unpackRedis(staging)),
    );
  } catch (error) {
    throw new Error(
      `no redis-server of version ${oldestMajor} or later on PATH, and its Debian package could not be ` +
        `unpacked: install redis-server, or make apt-get and dpkg work here`,
      { cause: error },
    );
  }
  return unpackedProgram(root);
}
