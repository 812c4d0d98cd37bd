// A Debian without Node, unpacked from its packages, and commands in it.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess, ExecFileException } from 'node:child_process';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, fillOnce } from '../cache.mjs';
import { runCommand } from '../services/command.ts';
import { unpackDebianPackages } from '../services/debian-packages.ts';

/** What the agent links to is in every Debian; the rest is for its install script. */
const packages = ['base-files', 'coreutils', 'dash', 'gzip', 'libc6', 'libselinux1', 'libstdc++6', 'tar'];

/** Mount points, and directories that every Debian with systemd has. */
const directories = ['proc', 'dev', 'tmp', 'etc/systemd/system', 'usr/local/bin', 'usr/local/lib'];

/** In a mount namespace of its own, where a user who is not root may do it as well; nothing stays mounted. */
const enter = [
  ...['unshare', '--map-root-user', '--mount', 'sh', '-c'],
  'mount --rbind /proc "$1/proc" && mount --rbind /dev "$1/dev" && exec chroot "$@"',
  'sh',
] as const;

const PATH = '/usr/local/bin:/usr/sbin:/usr/bin:/bin';

export interface Outcome {
  readonly code: ExecFileException['code'];
  readonly stdout: string;
  readonly stderr: string;
}

export class CleanRoot {
  readonly directory: string;
  readonly #running = new Set<ChildProcess>();

  private constructor(directory: string) {
    this.directory = directory;
    process.once('exit', () => {
      for (const child of this.#running) child.kill('SIGKILL');
    });
  }

  /** Afresh in this directory. */
  static async make(directory: string): Promise<CleanRoot> {
    const unpacked = await fillOnce(cacheDirectory('clean-root', packages.join('+')), (staging) =>
      unpackDebianPackages(staging, packages, (name) => /^(lib|gcc-)/.test(name)),
    );
    await rm(directory, { recursive: true, force: true });
    await cp(unpacked, directory, { recursive: true, verbatimSymlinks: true });
    for (const each of directories) await mkdir(join(directory, each), { recursive: true });
    return new CleanRoot(directory);
  }

  /** Of a file in it. */
  path(file: string): string {
    return join(this.directory, file);
  }

  /** Every file and directory in it. */
  list(): Promise<string[]> {
    return readdir(this.directory, { recursive: true });
  }

  /** Its standard output; throws where it fails. */
  run(...command: readonly string[]): Promise<string> {
    const [program, ...args] = enter;
    return runCommand(program, [...args, this.directory, ...command], { env: { PATH } });
  }

  /** For a command that may fail. */
  outcome(...command: readonly string[]): Promise<Outcome> {
    const [program, ...args] = enter;
    return new Promise((resolve) => {
      const done = (error: ExecFileException | null, stdout: string, stderr: string): void => {
        resolve({ code: error === null ? 0 : error.code, stdout, stderr });
      };
      execFile(program, [...args, this.directory, ...command], { env: { PATH } }, done);
    });
  }

  /** Its process is the command's own. */
  start(command: string, env: Readonly<Record<string, string>>): ChildProcess {
    const [program, ...args] = enter;
    const child = spawn(program, [...args, this.directory, command], {
      env: { ...env, PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }
}
