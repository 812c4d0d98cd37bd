// The programs that render and check the chart, built from the Go proxy once per machine: helm takes minutes, kubeconform seconds.
import { join } from 'node:path';
import { cacheDirectory, fillOnce } from '../cache.mjs';
import { runCommand, tryCommand } from '../services/command.ts';

const programs = {
  helm: { version: 'v4.3.1', path: 'helm.sh/helm/v4/cmd/helm' },
  kubeconform: { version: 'v0.8.0', path: 'github.com/yannh/kubeconform/cmd/kubeconform' },
} as const;

/** Where the program is. */
export async function ensureProgram(name: keyof typeof programs): Promise<string> {
  const { version, path } = programs[name];
  const directory = await fillOnce(cacheDirectory(name, version), async (staging) => {
    const go = await tryCommand('go', ['version']);
    if (!go.ok) throw new Error(`${name} is built with Go 1.21 or later, which is not installed`);
    console.error(`building ${name} ${version}, once on this machine`);
    const env = { ...process.env, GOBIN: staging, GOFLAGS: '-trimpath -ldflags=-s' };
    await runCommand('go', ['install', `${path}@${version}`], { env });
  });
  return join(directory, name);
}
