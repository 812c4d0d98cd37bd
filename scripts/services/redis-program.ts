// A redis-server to run: the one on PATH when it is new enough, else Debian's package unpacked into the cache.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, fillOnce } from '../cache.mjs';
import { runCommand, tryCommand } from './command.ts';
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

// apt's state goes into the cache as well, so neither root nor package lists on this system are needed.
function privateApt(directory: string): string[] {
  return [
    ...['-o', `Dir::State=${join(directory, 'state')}`, '-o', `Dir::Cache=${join(directory, 'cache')}`],
    ...['-o', 'Dir::State::status=/var/lib/dpkg/status'],
  ];
}

/** redis-server, its tools and the libraries they name; libc is the system's in any case. */
async function packagesToFetch(options: string[]): Promise<string[]> {
  const own = ['redis-server', 'redis-tools'];
  const listing = await runCommand('apt-cache', [...options, 'depends', '--important', ...own]);
  const libraries = [...listing.matchAll(/^\s+(?:Pre)?Depends: ((?:lib|lua-)\S+)$/gm)].map(
    ([, name]) => name!,
  );
  return [...new Set([...own, ...libraries.filter((name) => name !== 'libc6')])];
}

async function downloadPackages(directory: string): Promise<void> {
  const options = ['-o', 'APT::Sandbox::User='];
  const attempt = async (extra: string[]) => {
    const packages = await packagesToFetch(extra);
    await runCommand('apt-get', [...options, ...extra, 'download', ...packages], { cwd: directory });
  };
  try {
    await attempt([]);
  } catch {
    // No package lists, or old ones that name what the mirror no longer has.
    const apt = join(directory, 'apt');
    for (const part of ['state/lists/partial', 'cache/archives/partial'])
      await mkdir(join(apt, part), { recursive: true });
    await runCommand('apt-get', [...options, ...privateApt(apt), 'update']);
    await attempt(privateApt(apt));
    await rm(apt, { recursive: true });
  }
}

async function libraryDirectories(root: string): Promise<string[]> {
  const directories: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    if (!existsSync(join(root, base))) continue;
    for (const entry of await readdir(join(root, base), { withFileTypes: true }))
      if (entry.isDirectory() && entry.name.includes('-linux-'))
        directories.push(join(root, base, entry.name));
  }
  return directories;
}

async function unpackedProgram(root: string): Promise<RedisProgram> {
  const path = [...(await libraryDirectories(root)), process.env['LD_LIBRARY_PATH'] ?? ''].filter(Boolean);
  return {
    command: join(root, 'usr/bin/redis-server'),
    env: { ...process.env, LD_LIBRARY_PATH: path.join(':') },
  };
}

async function unpackDebianPackages(staging: string): Promise<void> {
  const download = join(staging, 'download');
  await mkdir(download);
  await downloadPackages(download);
  for (const name of await readdir(download))
    if (name.endsWith('.deb')) await runCommand('dpkg', ['-x', join(download, name), staging]);
  await rm(download, { recursive: true });
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
      withProgress(report, 'fetching Redis from the Debian archive (2 MB)', () =>
        unpackDebianPackages(staging),
      ),
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
