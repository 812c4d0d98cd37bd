// Client libraries of other brokers. They are no dependencies of the project, so they live in the cache.
import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cacheDirectory, fillOnce } from '../../scripts/cache.mjs';
import { runCommand } from '../../scripts/services/command.ts';
import { reportOnStderr, withProgress } from '../../scripts/services/progress.ts';

const manifests = fileURLToPath(new URL('../peers/', import.meta.url));
const files = ['package.json', 'package-lock.json'];

/** The directory that they are installed in, on first use. */
export async function npmPackages(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(join(manifests, file)));
  return fillOnce(cacheDirectory('peers', hash.digest('hex').slice(0, 12)), async (staging) => {
    for (const file of files) await copyFile(join(manifests, file), join(staging, file));
    await withProgress(reportOnStderr, 'installing client libraries of other brokers (31 MB)', () =>
      runCommand('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: staging }),
    );
  });
}

/** `T` says what is used of the package, since its types are not there when the project is compiled. */
export async function importPeer<T>(directory: string, name: string): Promise<T> {
  const file = createRequire(join(directory, 'package.json')).resolve(name);
  return (await import(pathToFileURL(file).href)) as T;
}
