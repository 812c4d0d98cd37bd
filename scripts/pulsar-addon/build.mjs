// Compiles pulsar-client's own sources against include/ and the libpulsar of the PyPI wheel.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, fillOnce } from '../cache.mjs';
import { packageDirectory } from './package-directory.mjs';
import { mustRun } from './run.mjs';
import { headerArguments, nodeGyp } from './toolchain.mjs';
import { pulsarLibrary, wheelVersion } from './wheel.mjs';

const include = fileURLToPath(new URL('include', import.meta.url));

function headersDigest() {
  const files = readdirSync(include, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.h'))
    .sort();
  const hash = createHash('sha256');
  for (const name of files) hash.update(name).update(readFileSync(join(include, name)));
  return hash.digest('hex').slice(0, 12);
}

/** Where the compiled addon for this machine is or will be; a second checkout finds the first one's. */
export function builtAddonDirectory(version) {
  const { modules } = process.versions;
  const key = `${version}-wheel-${wheelVersion}-abi-${modules}-${process.arch}-${headersDigest()}`;
  return cacheDirectory('pulsar-addon', key);
}

export const addonIsBuilt = (version) => existsSync(builtAddonDirectory(version));

async function symbols(file, selection) {
  const listing = await mustRun('reading symbols', 'nm', ['-D', selection, file]);
  return listing
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' ').at(-1).split('@')[0]);
}

// A symbol that is missing would otherwise show up only when it is first called.
async function checkSymbols(addon, library) {
  const defined = new Set(await symbols(library, '--defined-only'));
  const needed = (await symbols(addon, '--undefined-only')).filter((name) => /^pulsar_|6pulsar/.test(name));
  const absent = needed.filter((name) => !defined.has(name));
  if (absent.length > 0) throw new Error(`the library lacks ${absent.join(' ')}`);
}

const addonApiDirectory = () =>
  dirname(createRequire(join(packageDirectory, 'package.json')).resolve('node-addon-api/package.json'));

async function compile(staging) {
  const library = await pulsarLibrary();
  // A copy of the sources, so that two checkouts, or two runs in one, never share a build directory.
  const work = join(staging, 'work');
  const output = join(staging, 'output');
  await mkdir(join(work, 'link'), { recursive: true });
  await cp(join(packageDirectory, 'src'), join(work, 'src'), { recursive: true });
  for (const name of ['binding.gyp', 'package.json'])
    await copyFile(join(packageDirectory, name), join(work, name));
  // Copied too, for node-gyp puts the objects of a dependency outside of `work` beside `work`.
  await cp(addonApiDirectory(), join(work, 'node_modules', 'node-addon-api'), { recursive: true });
  await symlink(library.path, join(work, 'link', 'libpulsar.so'));
  const { CXXFLAGS = '', LDFLAGS = '' } = process.env;
  await mustRun(
    'compiling pulsar-client',
    process.execPath,
    [
      ...[nodeGyp(), 'rebuild', '-j', 'max', ...headerArguments()],
      ...['--', '-Dmodule_name=pulsar', `-Dmodule_path=${output}`],
    ],
    {
      cwd: work,
      env: {
        ...process.env,
        CXXFLAGS: `${CXXFLAGS} -I${include}`,
        LDFLAGS: `${LDFLAGS} -L${join(work, 'link')} -Wl,-rpath,'$$ORIGIN'`,
      },
    },
  );
  await checkSymbols(join(output, 'pulsar.node'), library.path);
  await copyFile(library.path, join(output, library.name));
  for (const name of await readdir(output)) await rename(join(output, name), join(staging, name));
  await rm(output, { recursive: true });
  await rm(work, { recursive: true });
}

/** The directory of the compiled addon and its library, compiled on first use. */
export const buildAddon = (version) => fillOnce(builtAddonDirectory(version), compile);
