// What install.sh and uninstall.sh do.
import assert from 'node:assert/strict';
import { copyFile, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CleanRoot } from './clean-root.ts';

export interface Archive {
  readonly path: string;
  readonly version: string;
}

const LIB = 'usr/local/lib/vpcast-agent';

/** As docs/agent.md says, with what is unpacked gone afterwards. */
export async function install(root: CleanRoot, { path, version }: Archive): Promise<void> {
  const name = await unpack(root, path);
  await root.run(`/tmp/${name}/install.sh`);
  await rm(root.path(`tmp/${name}`), { recursive: true });
  assert.equal(await root.run('vpcast-agent', '--version'), `${version}\n`);
}

export function installedVersions(root: CleanRoot): Promise<string[]> {
  return readdir(root.path(LIB));
}

/** First the program alone goes, then all else; nothing stays that was not there `before`. */
export async function checkUninstall(
  root: CleanRoot,
  { path, version }: Archive,
  before: readonly string[],
): Promise<void> {
  const left = async () => (await root.list()).filter((file) => !before.includes(file));
  await root.run(`/${LIB}/${version}/uninstall.sh`);
  const kept = [
    'etc/vpcast',
    'etc/vpcast/agent.env',
    'run/vpcast',
    'var/lib/vpcast',
    'var/lib/vpcast/state.journal',
  ];
  assert.deepEqual((await left()).sort(), kept);
  const name = await unpack(root, path);
  await root.run(`/tmp/${name}/uninstall.sh`, '--purge');
  await rm(root.path(`tmp/${name}`), { recursive: true });
  assert.deepEqual(await left(), []);
}

export async function sizes(root: CleanRoot, { path }: Archive): Promise<{ archive: number; disk: number }> {
  const files = await readdir(root.path(LIB), { recursive: true, withFileTypes: true });
  const bytes = files.map(async (file) => (await stat(join(file.parentPath, file.name))).size);
  const isFile = files.map((file) => file.isFile());
  const all = await Promise.all(bytes);
  return {
    archive: (await stat(path)).size,
    disk: all.reduce((sum, size, n) => sum + (isFile[n] ? size : 0), 0),
  };
}

async function unpack(root: CleanRoot, archive: string): Promise<string> {
  await copyFile(archive, root.path('tmp/agent.tar.gz'));
  await root.run('tar', '-xzf', '/tmp/agent.tar.gz', '-C', '/tmp');
  await rm(root.path('tmp/agent.tar.gz'));
  return basename(archive, '.tar.gz');
}
