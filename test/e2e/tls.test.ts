import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { clientTls } from '../../adapters/grpc/certificates.ts';
import { openControlClient } from '../../adapters/grpc/client.ts';
import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { PlatformError } from '../../core/errors.ts';
import { silentLogger } from '../../core/logger.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import type { Deployment } from '../../scripts/stack/deployment.ts';
import { mainJob } from '../../scripts/helm/main-job.ts';
import { Authority } from '../support/certificates.ts';
import { realServices } from '../support/real-services.ts';

describe('a deployment whose callers show certificates', function () {
  this.timeout(90_000);
  let dir: string;
  let deployment: Deployment | undefined;
  let address: string;
  let authority: Authority;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vpcast-e2e-'));
    authority = await Authority.make(dir, 'authority');
    const server = await authority.issue('server');
    const agent = await authority.issue('agent');
    deployment = await startDeployment({
      ...{ dir, services: realServices(), hosts: ['host-a'], infraNodes: 1 },
      name: `e2e-${randomUUID().slice(0, 8)}`,
      env: {
        VPCAST_GRPC_CERT_FILE: server.certFile,
        VPCAST_GRPC_KEY_FILE: server.keyFile,
        VPCAST_GRPC_CLIENT_CA_FILE: authority.caFile,
        VPCAST_CONTROL_TLS: 'true',
        VPCAST_CONTROL_CA_FILE: authority.caFile,
        VPCAST_CONTROL_CERT_FILE: agent.certFile,
        VPCAST_CONTROL_KEY_FILE: agent.keyFile,
      },
    });
    address = (await deployment.server.endpoints())['grpc'] ?? '';
  });
  after(async () => {
    await deployment?.stop();
    await rm(dir, { recursive: true });
  });

  it('registers its host, and takes the calls of whoever has one', async () => {
    const files = { ...(await authority.issue('caller')), caFile: authority.caFile };
    const credentials = clientTls(files, { logger: silentLogger });
    await mainJob({ address, credentials, timeoutMs: 30_000, say: () => undefined });
  });

  it('refuses everybody else', async () => {
    const credentials = clientTls({ caFile: authority.caFile }, { logger: silentLogger });
    for (const more of [{ credentials }, {}]) {
      const client: ControlClient = openControlClient({
        ...more,
        addresses: address,
        retry: { attempts: 1 },
      });
      const outcome = await client.listVpcs({}).catch((error: unknown) => error);
      client.close();
      expect(PlatformError.from(outcome).code).to.equal('unavailable');
    }
  });
});
