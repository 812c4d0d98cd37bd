// Makes node_modules/pulsar-client loadable: npm run addon [-- --verify] [-- --no-prebuilt] [-- --force]
// Takes the first that works: what is there, the addon compiled earlier on this machine, the prebuilt one from
// the Apache archive, and one compiled here and now from registry packages.
import { addonIsBuilt, buildAddon } from './build.mjs';
import { addonProblem, ensureCertificates, installAddon, packageVersion } from './package-directory.mjs';
import { installPrebuilt } from './prebuilt.mjs';
import { missingForBuild } from './toolchain.mjs';

const flags = new Set(process.argv.slice(2));
const report = (message) => console.error(`pulsar-client ${packageVersion()}: ${message}`);

async function installBuilt(version, how) {
  await installAddon(await buildAddon(version));
  const problem = await addonProblem();
  if (problem !== undefined) throw new Error(`the compiled addon does not load: ${problem}`);
  return how;
}

/** How the addon came to work. */
async function ensureAddon() {
  const version = packageVersion();
  if (!flags.has('--force') && (await addonProblem()) === undefined) return 'works';
  if (addonIsBuilt(version)) return installBuilt(version, 'installed the addon compiled earlier');
  if (!flags.has('--no-prebuilt') && (await installPrebuilt())) return 'installed the prebuilt addon';
  const missing = await missingForBuild(version);
  if (missing.length > 0)
    throw new Error(
      ['no prebuilt addon is within reach, and compiling one needs:', ...missing].join('\n  - '),
    );
  report('no prebuilt addon is within reach, compiling one (20 to 60 s)');
  const start = Date.now();
  await installBuilt(version);
  return `compiled in ${Math.round((Date.now() - start) / 1000)} s`;
}

try {
  const how = await ensureAddon();
  await ensureCertificates();
  report(how);
  if (flags.has('--verify')) await import('./verify/main.mjs');
} catch (error) {
  console.error(`pulsar-client: ${error.message}`);
  if (error.cause) console.error(`caused by: ${error.cause.message}`);
  process.exitCode = 1;
}
