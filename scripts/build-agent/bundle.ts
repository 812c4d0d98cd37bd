// The agent as one CommonJS file, which is what a single executable takes.
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';

/** pulsar-client looks for its addon by way of its package; in the archive it lies beside the executable. */
const addonBesideExecutable: Plugin = {
  name: 'addon-beside-executable',
  setup(build) {
    build.onLoad({ filter: /\/pulsar-client\/src\/pulsar-binding\.js$/ }, () => ({
      contents: `module.exports = require('node:module').createRequire(process.execPath)('./pulsar.node');`,
      loader: 'js',
    }));
  },
};

/** The agent opens no store, but shares files with programs that do. */
const withoutRedis: Plugin = {
  name: 'without-redis',
  setup(build) {
    build.onResolve({ filter: /^ioredis$|\/redis\/[^/]+$/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === 'resolving') return undefined;
      const found = await build.resolve(path, { ...from, pluginData: 'resolving' });
      return { ...found, sideEffects: false };
    });
  },
};

const withVersion = (version: string): Plugin => ({
  name: 'with-version',
  setup(build) {
    build.onLoad({ filter: /\/agent\/version\.ts$/ }, () => ({
      contents: `export const VERSION = ${JSON.stringify(version)};`,
      loader: 'js',
    }));
  },
});

export async function bundleAgent(projectDirectory: string, version: string, outfile: string): Promise<void> {
  await build({
    absWorkingDir: projectDirectory,
    entryPoints: ['agent/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // The text stays in memory; names stay in it for stack traces.
    minifyWhitespace: true,
    legalComments: 'none',
    // Files that lie beside a module are looked for beside the executable.
    define: { 'import.meta.url': 'executableUrl' },
    banner: { js: `const executableUrl = require('node:url').pathToFileURL(process.execPath).href;` },
    plugins: [addonBesideExecutable, withoutRedis, withVersion(version)],
    logLevel: 'warning',
  });
}
