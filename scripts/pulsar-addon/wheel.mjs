// libpulsar out of the Python client's wheel: the one build of it that a package registry carries.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, fillOnce } from '../cache.mjs';
import { mustRun } from './run.mjs';

/** The wheel that include/ was written for; it holds libpulsar 4.2.0. */
export const wheelVersion = '3.13.0';

const directory = () => cacheDirectory('libpulsar', wheelVersion);

export const libraryIsCached = () => existsSync(directory());

/** The cached library's file name and path, downloaded on first use. */
export async function pulsarLibrary() {
  await fillOnce(directory(), async (staging) => {
    const download = join(staging, 'download');
    await mkdir(download);
    await mustRun('downloading the pulsar-client wheel from PyPI', 'python3', [
      ...['-m', 'pip', 'download', '-q', '--no-deps', '--only-binary', ':all:', '--dest', download],
      ...['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311'],
      ...['--platform', 'manylinux_2_28_x86_64', `pulsar-client==${wheelVersion}`],
    ]);
    const wheel = (await readdir(download)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip downloaded no wheel of pulsar-client');
    await mustRun('unpacking the wheel', 'python3', [
      ...['-m', 'zipfile', '-e', join(download, wheel), download],
    ]);
    const libraries = join(download, 'pulsar_client.libs');
    const library = (await readdir(libraries)).find((name) => /^libpulsar-[0-9a-f]+\.so$/.test(name));
    if (library === undefined) throw new Error(`no libpulsar in ${wheel}`);
    await rename(join(libraries, library), join(staging, library));
    await rm(download, { recursive: true });
  });
  const [name] = await readdir(directory());
  if (name === undefined) throw new Error(`${directory()} is empty: remove it and try again`);
  return { name, path: join(directory(), name) };
}
