// The addon that the Apache archive publishes for this version.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { addonProblem, packageDirectory } from './package-directory.mjs';
import { run } from './run.mjs';

const limitMs = 30_000;

/** Whether the prebuilt addon could be fetched and works. */
export async function installPrebuilt() {
  const require = createRequire(join(packageDirectory, 'package.json'));
  const downloader = join(
    dirname(require.resolve('@mapbox/node-pre-gyp/package.json')),
    'bin',
    'node-pre-gyp',
  );
  const { ok } = await run(process.execPath, [downloader, 'install', '--fallback-to-build=false'], {
    cwd: packageDirectory,
    timeoutMs: limitMs,
  });
  return ok && (await addonProblem()) === undefined;
}
