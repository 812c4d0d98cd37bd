// What compiling the addon takes, and where it is on this machine.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectDirectory } from './package-directory.mjs';
import { run } from './run.mjs';
import { libraryIsCached } from './wheel.mjs';

/** The addon versions whose sources fit include/. */
const fittingVersion = '1.18.';

const nodePrefix = dirname(dirname(process.execPath));

/** The project's node-gyp, else the one inside npm. */
export function nodeGyp() {
  const candidates = [
    join(projectDirectory, 'node_modules/node-gyp/bin/node-gyp.js'),
    join(nodePrefix, 'lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js'),
    '/usr/share/nodejs/node-gyp/bin/node-gyp.js',
  ];
  if (process.env.npm_execpath)
    candidates.push(join(dirname(process.env.npm_execpath), '../node_modules/node-gyp/bin/node-gyp.js'));
  return candidates.find((file) => existsSync(file));
}

/** Node's own headers when they are installed beside it; without them node-gyp downloads a copy. */
export function headerArguments() {
  return existsSync(join(nodePrefix, 'include/node/node_api.h')) ? [`--nodedir=${nodePrefix}`] : [];
}

const works = async (command, ...args) => (await run(command, args)).ok;

/** One line for each thing that compiling needs and that is not here. */
export async function missingForBuild(version) {
  const missing = [];
  if (process.platform !== 'linux' || process.arch !== 'x64')
    missing.push(`Linux on x86_64 (this is ${process.platform} on ${process.arch})`);
  else if (!process.report.getReport().header.glibcVersionRuntime)
    missing.push('glibc 2.28 or later (the library in the wheel is built for it)');
  if (!version.startsWith(fittingVersion))
    missing.push(`pulsar-client ${fittingVersion}x (found ${version}; see scripts/pulsar-addon/README.md)`);
  if (!(await works('g++', '--version'))) missing.push('g++ (Debian: apt install g++)');
  if (!(await works('make', '--version'))) missing.push('make (Debian: apt install make)');
  if (!(await works('nm', '--version'))) missing.push('nm (Debian: apt install binutils)');
  if (!(await works('python3', '--version'))) missing.push('python3 (Debian: apt install python3)');
  else if (!libraryIsCached() && !(await works('python3', '-m', 'pip', '--version')))
    missing.push('pip for python3 (Debian: apt install python3-pip)');
  if (nodeGyp() === undefined) missing.push('node-gyp (comes with npm; else npm install -g node-gyp)');
  return missing;
}
