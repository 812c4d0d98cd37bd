import { tryCommand } from '../services/command.ts';

/** What images/check.sh cannot do without; undefined where nothing is lacking. */
export async function lackingForImages(): Promise<string | undefined> {
  if (!(await tryCommand('apt-get', ['--version'])).ok) return 'apt, since the roots are of Debian';
  if (!(await tryCommand('unshare', ['--mount', 'true'])).ok)
    return 'the right to mount, since roots are made';
  return undefined;
}
