// A Debian without Node, unpacked from its packages, and commands in it.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { cacheDirectory, fillOnce } from '../cache.mjs';
import { runCommand } from '../services/command.ts';
import { unpackDebianPackages } from '../services/debian-packages.ts';

/** What the agent links to is in every Debian; the rest is for its install script. */
const packages = ['base-files', 'coreutils', 'dash', 'gzip', 'libc6', 'libselinux1', 'libstdc++6', 'tar'];

/** In a mount namespace of its own, where a user who is not root may do it as well; nothing stays mounted. */
const enter = [
  ...['unshare', '--map-root-user', '--mount', 'sh', '-c'],
  'mount --rbind /proc "$1/proc" && mount --rbind /dev "$1/dev" && exec chroot "$@"',
  'sh',
] as const;

const PATH = '/usr/local/bin:/usr/sbin:/usr/bin:/bin';

export class CleanRoot {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Afresh in this directory. */
  static async make(directory: string): Promise<CleanRoot> {
    const unpacked = await fillOnce(cacheDirectory('clean-root', packages.join('+')), (staging) =>
      unpackDebianPackages(staging, packages, (name) => /^(lib|gcc-)/.test(name)),
    );
    await rm(directory, { recursive: true, force: true });
    await cp(unpacked, directory, { recursive: true, verbatimSymlinks: true });
    for (const mountPoint of ['proc', 'dev', 'tmp'])
      await mkdir(`${directory}/${mountPoint}`, { recursive: true });
    return new CleanRoot(directory);
  }

  /** Its standard output; throws where it fails. */
  async run(...command: readonly string[]): Promise<string> {
    const [program, ...args] = enter;
    return runCommand(program, [...args, this.directory, ...command], { env: { PATH } });
  }

  /** Its process is the command's own. */
  start(command: string, env: Readonly<Record<string, string>>): ChildProcess {
    const [program, ...args] = enter;
    return spawn(program, [...args, this.directory, command], {
      env: { ...env, PATH },
      stdio: ['ignore', 'inherit', 'pipe'],
    });
  }
}
