// etcd and an API server on loopback, of this process alone: no controllers, no nodes, so pods are judged and never made.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../free-ports.ts';
import { ServiceProcess } from '../services/service-process.ts';
import { Api } from './api.ts';
import { ensureClusterProgram } from './programs.ts';
import type { ClusterProgram } from './programs.ts';

/** Who can log in. `deployer` gets rights in namespaces, `stranger` none. */
const users = ['admin', 'deployer', 'stranger'] as const;
export type User = (typeof users)[number];

export interface ControlPlane {
  readonly admin: Api;
  /** A file for KUBECONFIG. */
  readonly kubeconfig: (user: User) => string;
  readonly stop: () => Promise<void>;
}

export async function startControlPlane(directory: string): Promise<ControlPlane> {
  const [clientPort = 0, peerPort = 0, port = 0] = await freePorts(3);
  const url = `https://127.0.0.1:${port}`;
  const etcdUrl = `http://127.0.0.1:${clientPort}`;
  const certificate = join(directory, 'apiserver.crt');
  const tokens = Object.fromEntries(users.map((user) => [user, randomUUID()])) as Record<User, string>;
  const kubeconfig = (user: User): string => join(directory, `${user}.kubeconfig`);
  await writeSecrets(directory, tokens);
  for (const user of users)
    await writeFile(kubeconfig(user), kubeconfigOf(url, certificate, tokens[user]), { mode: 0o600 });

  const admin = async (): Promise<Api> =>
    new Api({ url, ca: await readFile(certificate, 'utf8'), token: tokens.admin });
  const etcd = await service(directory, 'etcd', etcdFlags(directory, etcdUrl, peerPort), () =>
    fetch(`${etcdUrl}/readyz`).then(({ ok }) => ok),
  );
  const api = await service(directory, 'kube-apiserver', apiFlags(directory, etcdUrl, port), async () =>
    (await admin()).isReady(),
  );
  await etcd.start();
  try {
    await api.start();
  } catch (error) {
    await etcd.stop();
    throw error;
  }
  const stop = async (): Promise<void> => {
    await api.stop();
    await etcd.stop();
  };
  return { admin: await admin(), kubeconfig, stop };
}

async function service(
  directory: string,
  name: ClusterProgram,
  args: readonly string[],
  isHealthy: () => Promise<boolean>,
): Promise<ServiceProcess> {
  const definition = {
    name,
    command: await ensureClusterProgram(name),
    args,
    cwd: directory,
    // Both would take settings from variables, too.
    env: { PATH: process.env['PATH'], HOME: directory },
    logFile: join(directory, `${name}.log`),
    isHealthy,
    startTimeoutMs: 120_000,
    stopTimeoutMs: 20_000,
  };
  return new ServiceProcess(definition, 'owned');
}

function etcdFlags(directory: string, url: string, peerPort: number): string[] {
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  return [
    ...['--data-dir', join(directory, 'etcd'), '--unsafe-no-fsync'],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...['--initial-cluster', `default=${peerUrl}`],
  ];
}

/** All admission plug-ins that are on by default; a certificate of its own making. */
function apiFlags(directory: string, etcdUrl: string, port: number): string[] {
  const key = join(directory, 'service-accounts.pem');
  return [
    ...['--etcd-servers', etcdUrl, '--cert-dir', directory],
    ...['--bind-address', '127.0.0.1', '--advertise-address', '127.0.0.1', '--secure-port', String(port)],
    ...['--authorization-mode', 'RBAC', '--anonymous-auth=false'],
    ...['--token-auth-file', join(directory, 'tokens.csv')],
    ...['--service-account-issuer', 'https://kubernetes.default.svc'],
    ...['--service-account-key-file', key, '--service-account-signing-key-file', key],
    ...['--service-cluster-ip-range', '10.96.0.0/16', '--endpoint-reconciler-type', 'none'],
  ];
}

async function writeSecrets(directory: string, tokens: Record<User, string>): Promise<void> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  await writeFile(join(directory, 'service-accounts.pem'), privateKey, { mode: 0o600 });
  const lines = users.map(
    (user) => `${tokens[user]},${user},${user}${user === 'admin' ? ',system:masters' : ''}`,
  );
  await writeFile(join(directory, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 });
}

function kubeconfigOf(server: string, certificate: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'check', cluster: { server, 'certificate-authority': certificate } }],
    users: [{ name: 'check', user: { token } }],
    contexts: [{ name: 'check', context: { cluster: 'check', user: 'check' } }],
    'current-context': 'check',
  });
}
