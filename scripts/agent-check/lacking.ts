import { tryCommand } from '../services/command.ts';

/** What `npm run agent:check` cannot do without; undefined where nothing is lacking. */
export async function lackingForAgent(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'Linux on x64';
  if (!(await tryCommand('apt-get', ['--version'])).ok) return 'apt, since the root is of Debian';
  if (!(await tryCommand('strip', ['--version'])).ok) return 'strip, which is in binutils';
  if (!(await tryCommand('unshare', ['--map-root-user', '--mount', 'true'])).ok)
    return 'the right to a mount namespace of its own';
  return undefined;
}
