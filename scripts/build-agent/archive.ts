import { chmod, copyFile, cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../services/command.ts';
import { bundleAgent } from './bundle.ts';
import { makeExecutable } from './executable.ts';

export interface ArchiveOptions {
  /** The checkout; its addon is made. */
  readonly projectDirectory: string;
  readonly version: string;
  /** Emptied first. */
  readonly work: string;
}

/**
 * Makes the archive in `work` and returns its path. The same checkout, Node and addon give the same bytes, wherever and
 * whenever it is made.
 */
export async function buildArchive({ projectDirectory, version, work }: ArchiveOptions): Promise<string> {
  const name = `vpcast-agent-${version}-linux-x64`;
  const root = join(work, name);
  const lib = join(root, 'lib');
  await rm(work, { recursive: true, force: true });
  await mkdir(lib, { recursive: true });

  await bundleAgent(projectDirectory, version, join(work, 'agent.cjs'));
  await makeExecutable('agent.cjs', join(lib, 'vpcast-agent'), work);
  await copyAddon(join(projectDirectory, 'node_modules', 'pulsar-client'), lib);
  for (const part of ['google', 'vpcast'])
    await cp(join(projectDirectory, 'proto', part), join(lib, 'proto', part), { recursive: true });
  const packaging = join(projectDirectory, 'packaging', 'agent');
  for (const file of await readdir(packaging)) await copyFile(join(packaging, file), join(root, file));
  for (const file of ['lib/vpcast-agent', 'install.sh', 'uninstall.sh']) await chmod(join(root, file), 0o755);

  const archive = join(work, `${name}.tar.gz`);
  await pack(work, name, archive);
  return archive;
}

/** The addon, the library that it may come with, and the certificates that clients name by default. */
async function copyAddon(packageDirectory: string, lib: string): Promise<void> {
  const binding = join(packageDirectory, 'lib', 'binding');
  for (const file of await readdir(binding)) {
    await copyFile(join(binding, file), join(lib, file));
    await runCommand('strip', ['--strip-unneeded', join(lib, file)]);
  }
  await copyFile(join(packageDirectory, 'src', 'cert.pem'), join(lib, 'cert.pem'));
}

/** Nothing of when, where and by whom it was packed is in it. */
async function pack(directory: string, name: string, archive: string): Promise<void> {
  const plain = archive.replace(/\.gz$/, '');
  await runCommand(
    'tar',
    [
      ...['--create', '--file', plain, '--format=ustar', '--sort=name', '--mtime=@0'],
      ...['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX', name],
    ],
    { cwd: directory },
  );
  await runCommand('gzip', ['--no-name', '-9', '--force', plain]);
}
