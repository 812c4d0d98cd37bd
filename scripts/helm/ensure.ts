// The programs that render and check the chart, built from the Go proxy once per machine: helm takes minutes, kubeconform seconds.
import { join } from 'node:path';
import { buildOnce, findGo, isBuilt } from '../go.ts';

const programs = {
  helm: { version: 'v4.3.1', path: 'helm.sh/helm/v4/cmd/helm' },
  kubeconform: { version: 'v0.8.0', path: 'github.com/yannh/kubeconform/cmd/kubeconform' },
} as const;

/** Where the program is. */
export async function ensureProgram(name: keyof typeof programs): Promise<string> {
  const { version, path } = programs[name];
  const directory = await buildOnce({
    name,
    version,
    command: ['install', '-trimpath', '-ldflags=-s', `${path}@${version}`],
    env: (staging) => ({ GOBIN: staging }),
  });
  return join(directory, name);
}

/** Go, unless the programs are built already; undefined where nothing is lacking. */
export async function lackingForChart(): Promise<string | undefined> {
  const areBuilt = Object.entries(programs).every(([name, { version }]) => isBuilt({ name, version }));
  return areBuilt || (await findGo()) !== undefined ? undefined : 'Go, which helm is built with';
}
