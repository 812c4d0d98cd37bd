import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, fillOnce } from '../../scripts/cache.mjs';
import { runCommand } from '../../scripts/services/command.ts';
import { reportOnStderr, withProgress } from '../../scripts/services/progress.ts';
import { peerVersions } from './versions.ts';

const constraints = fileURLToPath(new URL('../peers/constraints.txt', import.meta.url));

/** For PYTHONPATH: OpenStack's messaging library and what it needs, installed on first use. */
export async function pythonPackages(): Promise<string> {
  const version = peerVersions().python['oslo.messaging'];
  const hash = createHash('sha256').update(await readFile(constraints));
  const directory = cacheDirectory('oslo', `${version}-${hash.digest('hex').slice(0, 12)}`);
  return fillOnce(directory, (staging) =>
    withProgress(reportOnStderr, `installing oslo.messaging ${version} with pip`, async () => {
      await runCommand('python3', [
        ...['-m', 'pip', 'install', '--quiet', '--target', staging, '--constraint', constraints],
        `oslo.messaging==${version}`,
      ]);
    }),
  );
}
