import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { clientTls, serverTls } from '../../adapters/grpc/certificates.ts';
import type { CertificateFiles, ChannelCredentials } from '../../adapters/grpc/certificates.ts';
import { openControlClient } from '../../adapters/grpc/client.ts';
import { startGrpcServer, type GrpcServer } from '../../adapters/grpc/server.ts';
import { PlatformError } from '../../core/errors.ts';
import { silentLogger } from '../../core/logger.ts';
import { Authority } from '../support/certificates.ts';
import type { Files } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';

const options = { logger: silentLogger, lookMs: 20 };

describe('TLS of the gRPC service', () => {
  let dir: string;
  let ours: Authority;
  let strangers: Authority;
  let own: Files;
  let server: GrpcServer | undefined;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vpcast-tls-'));
    ours = await Authority.make(dir, 'ours');
    strangers = await Authority.make(dir, 'strangers');
  });
  after(() => rm(dir, { recursive: true }));
  beforeEach(async () => {
    own = await ours.issue('server');
  });
  afterEach(() => server?.drain(0));

  async function serve(files: CertificateFiles): Promise<void> {
    server = await startGrpcServer({
      handlers: { getVpc: ({ id }) => Promise.resolve({ id }) },
      address: '127.0.0.1:0',
      credentials: serverTls(files, options),
      logger: silentLogger,
    });
  }

  /** What comes of a call: `ok`, or the code of its failure. */
  async function call(credentials?: ChannelCredentials): Promise<string> {
    const client = openControlClient({
      addresses: `127.0.0.1:${server!.port}`,
      ...(credentials === undefined ? {} : { credentials }),
      retry: { attempts: 1 },
    });
    try {
      return (await client.getVpc({ id: 'ok' })).id;
    } catch (error) {
      return PlatformError.from(error).code;
    } finally {
      client.close();
    }
  }

  /** Who the server says that it is. */
  function shown(): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: server!.port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
      socket.on('error', reject).on('secureConnect', () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
    });
  }

  it('lets those in who know its authority, and nobody in the clear', async () => {
    await serve(own);
    expect(await call(clientTls({ caFile: ours.caFile }, options))).to.equal('ok');
    expect(await call(clientTls({ caFile: strangers.caFile }, options))).to.equal('unavailable');
    expect(await call(clientTls({}, options)), 'the well-known ones').to.equal('unavailable');
    expect(await call()).to.equal('unavailable');
  });

  it('lets only those in who show a certificate of the right authority, where it wants one', async () => {
    await serve({ ...own, caFile: ours.caFile });
    const { caFile } = ours;
    expect(await call(clientTls({ ...(await ours.issue('client')), caFile }, options))).to.equal('ok');
    expect(await call(clientTls({ caFile }, options))).to.equal('unavailable');
    const stranger = await strangers.issue('stranger');
    expect(await call(clientTls({ ...stranger, caFile }, options))).to.equal('unavailable');
  });

  it('takes exchanged files up for new connections, and keeps what it had while they are of no use', async () => {
    await serve(own);
    const first = await shown();
    await writeFile(own.certFile, 'nonsense');
    // Long enough for some looks.
    await new Promise((resolve) => setTimeout(resolve, 10 * options.lookMs));
    expect(await shown()).to.equal(first);
    await ours.issue('server');
    await eventually(async () => {
      expect(await shown()).not.to.equal(first);
    });
    expect(await call(clientTls({ caFile: ours.caFile }, options))).to.equal('ok');
  });

  it('does not begin with files that do not go together', async () => {
    const other = await ours.issue('other');
    expect(() => serverTls({ certFile: own.certFile, keyFile: other.keyFile }, options)).to.throw(/key/);
  });
});
