// Debian's packages, unpacked without being installed.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';

/** Unpacks the packages, and what they depend on of which the name passes `wanted`, into the directory. */
export async function unpackDebianPackages(
  directory: string,
  packages: readonly string[],
  wanted: (name: string) => boolean,
): Promise<void> {
  const download = join(directory, 'download');
  await mkdir(download);
  await downloadPackages(download, packages, wanted);
  for (const name of await readdir(download))
    if (name.endsWith('.deb')) await runCommand('dpkg', ['-x', join(download, name), directory]);
  await rm(download, { recursive: true });
}

// apt's state goes into the cache as well, so neither root nor package lists on this system are needed.
function privateApt(directory: string): string[] {
  return [
    ...['-o', `Dir::State=${join(directory, 'state')}`, '-o', `Dir::Cache=${join(directory, 'cache')}`],
    ...['-o', 'Dir::State::status=/var/lib/dpkg/status'],
  ];
}

async function packagesToFetch(
  options: readonly string[],
  packages: readonly string[],
  wanted: (name: string) => boolean,
): Promise<string[]> {
  const listing = await runCommand('apt-cache', [...options, 'depends', '--important', ...packages]);
  const needed = [...listing.matchAll(/^\s+(?:Pre)?Depends: (\S+)$/gm)].map(([, name]) => name!);
  return [...new Set([...packages, ...needed.filter(wanted)])];
}

async function downloadPackages(
  directory: string,
  packages: readonly string[],
  wanted: (name: string) => boolean,
): Promise<void> {
  const options = ['-o', 'APT::Sandbox::User='];
  const attempt = async (extra: string[]) => {
    const names = await packagesToFetch(extra, packages, wanted);
    await runCommand('apt-get', [...options, ...extra, 'download', ...names], { cwd: directory });
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

/** Of what was unpacked there: for LD_LIBRARY_PATH. */
export async function libraryDirectories(root: string): Promise<string[]> {
  const directories: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    if (!existsSync(join(root, base))) continue;
    for (const entry of await readdir(join(root, base), { withFileTypes: true }))
      if (entry.isDirectory() && entry.name.includes('-linux-'))
        directories.push(join(root, base, entry.name));
  }
  return directories;
}
