// etcd and the API server of Kubernetes, built from the Go proxy once per machine: ten minutes or more.
// go.mod says which versions, go.sum what they must consist of.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOnce, isBuilt } from '../go.ts';

const module = fileURLToPath(new URL('.', import.meta.url));

/** `file`: what Go calls the program. */
const programs = {
  etcd: { module: 'go.etcd.io/etcd/server/v3', command: '', file: 'server' },
  'kube-apiserver': { module: 'k8s.io/kubernetes', command: '/cmd/kube-apiserver', file: 'kube-apiserver' },
} as const;

export type ClusterProgram = keyof typeof programs;

/** The programs, as long as nobody has built them on this machine; undefined where nothing is lacking. */
export async function lackingForCluster(): Promise<string | undefined> {
  for (const name of ['etcd', 'kube-apiserver'] as const) {
    const version = await requiredVersion(programs[name].module);
    if (!isBuilt({ name, version })) return `${name} ${version}, which npm run helm:cluster builds`;
  }
  return undefined;
}

/** Where the program is. */
export async function ensureClusterProgram(name: ClusterProgram): Promise<string> {
  const program = programs[name];
  const version = await requiredVersion(program.module);
  const directory = await buildOnce({
    name,
    version,
    cwd: module,
    command: [
      'install',
      '-trimpath',
      `-ldflags=-s -w ${versionFlags(version)}`,
      program.module + program.command,
    ],
    env: (staging) => ({ GOBIN: staging }),
  });
  return join(directory, program.file);
}

async function requiredVersion(path: string): Promise<string> {
  const requirements = await readFile(join(module, 'go.mod'), 'utf8');
  const version = new RegExp(`^\\s*${path} (v\\S+)`, 'm').exec(requirements)?.[1];
  if (version === undefined) throw new Error(`go.mod does not require ${path}`);
  return version;
}

/** What the API server says of itself, and clients go by. */
function versionFlags(version: string): string {
  const [major = '', minor = ''] = version.slice(1).split('.');
  return Object.entries({ gitVersion: version, gitMajor: major, gitMinor: minor })
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(' ');
}
