// The platform's main job once, by its public API: what `helm test` runs out of the server's image. Leaves nothing behind.
//   node dist/scripts/helm/main-job.js ADDRESS SECONDS, with the agent's settings for TLS in the environment
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { controlTlsSettings, readControlTls } from '../../adapters/backing/tls.ts';
import { clientTls } from '../../adapters/grpc/certificates.ts';
import type { ChannelCredentials } from '../../adapters/grpc/certificates.ts';
import { openControlClient } from '../../adapters/grpc/client.ts';
import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { readSettings } from '../../adapters/process/env.ts';
import { createLogger } from '../../adapters/process/logger.ts';
import { PlatformError } from '../../core/errors.ts';
import { eventually } from '../eventually.ts';

export interface MainJobOptions {
  readonly address: string;
  /** Default: no TLS. */
  readonly credentials?: ChannelCredentials | undefined;
  /** For a host to appear, and for the port to be applied there. */
  readonly timeoutMs: number;
  readonly say: (step: string) => void;
}

/** Creates a VPC, binds a port on the first host that is online, and waits until the host says that it is applied. */
export async function mainJob({ address, credentials, timeoutMs, say }: MainJobOptions): Promise<void> {
  const server = { addresses: address, ...(credentials === undefined ? {} : { credentials }) };
  const client = openControlClient({ ...server, retry: { attempts: 20 } });
  // What is waited for is asked again anyway: a call that went on trying would only outlast the time given.
  const looking = openControlClient({ ...server, deadlineMs: 5_000, retry: { attempts: 1 } });
  const id = `helm-test-${randomUUID()}`;
  try {
    const hostId = await firstHost(looking, timeoutMs);
    say(`host ${hostId} is online`);
    try {
      await client.createVpc({ requestId: `${id}-vpc`, vpc: { id, name: 'helm-test' } });
      await client.createSubnet({
        requestId: `${id}-subnet`,
        subnet: { id, vpcId: id, cidr: '192.0.2.0/24' },
      });
      await client.createPort({ requestId: `${id}-port`, port: { id, vpcId: id } });
      say(`VPC and port ${id} are made`);
      await client.bindPort({ requestId: `${id}-bind`, portId: id, hostId });
      const began = performance.now();
      await untilActive(looking, id, timeoutMs);
      say(`the port is applied on the host, ${Math.round(performance.now() - began)} ms after it was bound`);
    } catch (error) {
      // What was not made is not there to be deleted; the first error is the one that tells.
      await deleteAll(client, id).catch(() => undefined);
      throw error;
    }
    await deleteAll(client, id);
    say('everything is deleted again');
  } finally {
    looking.close();
    client.close();
  }
}

async function firstHost(client: ControlClient, timeoutMs: number): Promise<string> {
  let found: string | undefined;
  const look = async (): Promise<boolean> => {
    let pageToken = '';
    do {
      const page = await client.listHosts({ pageToken });
      found = page.hosts.find((host) => host.online)?.id;
      pageToken = page.nextPageToken;
    } while (found === undefined && pageToken !== '');
    return found !== undefined;
  };
  await eventually('a registered host that is online', look, { timeoutMs });
  return found ?? '';
}

async function untilActive(client: ControlClient, portId: string, timeoutMs: number): Promise<void> {
  const isActive = async (): Promise<boolean> => {
    const { status, bindings } = await client.getPort({ id: portId });
    if (status === 'APPLY_STATUS_ACTIVE') return true;
    throw new Error(`it is ${status} ${bindings.map(({ reason }) => reason).join(', ')}`);
  };
  await eventually(`port ${portId} to be applied`, isActive, { timeoutMs });
}

async function deleteAll(client: ControlClient, id: string): Promise<void> {
  const steps = [client.deletePort, client.deleteSubnet, client.deleteVpc];
  for (const [n, step] of steps.entries()) {
    await step({ requestId: `${id}-end-${n}`, id }).catch((error: unknown) => {
      if (!(error instanceof PlatformError) || error.code !== 'not_found') throw error;
    });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , address = '127.0.0.1:7400', seconds = '120'] = process.argv;
  const say = (step: string): void => void process.stdout.write(`${step}\n`);
  const tls = readControlTls(readSettings(controlTlsSettings, process.env, []));
  const logger = createLogger({ name: 'main-job', level: 'warn' });
  const credentials = tls && clientTls(tls, { logger });
  await mainJob({ address, credentials, timeoutMs: Number(seconds) * 1000, say }).catch((error: unknown) => {
    process.stderr.write(`${inspect(error)}\n`);
    process.exitCode = 1;
  });
}
