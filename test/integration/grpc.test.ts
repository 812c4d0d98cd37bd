import { createServer } from 'node:net';
import { expect } from 'chai';
import { startGrpcServer, type GrpcServer, type GrpcServerOptions } from '../../adapters/grpc/server.ts';
import { openControlClient } from '../../adapters/grpc/client.ts';
import type { CallReport } from '../../adapters/grpc/call-runner.ts';
import type { ControlClient, ControlHandlers } from '../../adapters/grpc/methods.ts';
import { invalid, notFound, PlatformError, type ErrorCode } from '../../core/errors.ts';
import { silentLogger, type Logger } from '../../core/logger.ts';
import { eventually } from '../support/eventually.ts';

describe('gRPC server and client', () => {
  const servers: GrpcServer[] = [];
  const clients: ControlClient[] = [];

  async function serve(handlers: Partial<ControlHandlers>, options: Partial<GrpcServerOptions> = {}) {
    const server = await startGrpcServer({
      handlers,
      address: '127.0.0.1:0',
      logger: silentLogger,
      ...options,
    });
    servers.push(server);
    const client = openControlClient({ addresses: `127.0.0.1:${server.port}` });
    clients.push(client);
    return { server, client };
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all(servers.splice(0).map((server) => server.drain(0)));
  });

  async function failure(call: Promise<unknown>): Promise<PlatformError> {
    const outcome = await call.then(
      () => 'success',
      (error: unknown) => error,
    );
    expect(outcome).to.be.instanceOf(PlatformError);
    return outcome as PlatformError;
  }

  it('answers a unary call, with defaults filled in on both sides', async () => {
    const { client } = await serve({
      createVpc: (request, call) =>
        Promise.resolve({ ...request.vpc, name: call.metadata['x-project'] ?? '', revision: 7 }),
    });
    const vpc = await client.createVpc({ vpc: { id: 'v1' } }, { metadata: { 'x-project': 'p1' } });
    expect(vpc).to.include({
      id: 'v1',
      name: 'p1',
      revision: 7,
      mtu: 0,
      networkType: 'NETWORK_TYPE_UNSPECIFIED',
    });
    expect(vpc.cidrs).to.deep.equal([]);
    expect(vpc.createTime).to.equal(null);
  });

  it('carries violations and resources to the caller', async () => {
    const { client } = await serve({
      createSubnet: () => Promise.reject(invalid('subnet.cidr', 'has host bits')),
      getVpc: ({ id }) => Promise.reject(notFound('vpc', id)),
    });
    const bad = await failure(client.createSubnet({}));
    expect(bad).to.include({ code: 'invalid_argument', message: 'subnet.cidr: has host bits' });
    expect(bad.violations).to.deep.equal([{ field: 'subnet.cidr', description: 'has host bits' }]);
    const missing = await failure(client.getVpc({ id: 'v9' }));
    expect(missing.code).to.equal('not_found');
    expect(missing.resource).to.deep.equal({ type: 'vpc', id: 'v9' });
  });

  it('keeps the text of unexpected errors to itself, logs it, and reports each call', async () => {
    const logged: unknown[] = [];
    const logger: Logger = { ...silentLogger, error: (_message, fields) => logged.push(fields?.['error']) };
    const reports: CallReport[] = [];
    const broken = new TypeError('redis://user:secret@host is undefined');
    const { client } = await serve(
      {
        getVpc: () => {
          throw broken;
        },
        listVpcs: () => Promise.resolve({}),
      },
      { logger, onCall: (report) => reports.push(report) },
    );
    expect(await failure(client.getVpc({ id: 'v1' }))).to.include({
      code: 'internal',
      message: 'internal error',
    });
    await client.listVpcs({});
    expect(logged).to.deep.equal([broken]);
    expect(reports.map(({ method, code }) => [method, code])).to.deep.equal([
      ['GetVpc', 'internal'],
      ['ListVpcs', 'ok'],
    ]);
    expect(reports[0]?.durationMs).to.be.a('number');
  });

  it('refuses an oversized request and an rpc without a handler', async () => {
    const { client } = await serve({ publish: () => Promise.resolve({}) }, { maxRequestBytes: 1000 });
    await client.publish({ data: Buffer.alloc(500) });
    expect((await failure(client.publish({ data: Buffer.alloc(2000) }))).code).to.equal('resource_exhausted');
    expect((await failure(client.getVpc({}))).code).to.equal('unimplemented');
  });

  it('hands an enum number that the contract does not know to the handler as a number', async () => {
    const seen: unknown[] = [];
    const { client } = await serve({
      createVpc: ({ vpc }) => {
        seen.push(vpc?.networkType);
        return Promise.resolve({});
      },
    });
    await client.createVpc({ vpc: { networkType: 99 as 1 } });
    await client.createVpc({ vpc: { networkType: 'NETWORK_TYPE_GENEVE' } });
    expect(seen).to.deep.equal([99, 'NETWORK_TYPE_GENEVE']);
  });

  it('ends a unary call at its deadline and on cancellation, and tells the handler', async () => {
    const codes: (ErrorCode | 'ok')[] = [];
    const aborted: string[] = [];
    const { client } = await serve(
      {
        getVpc: ({ id }, { signal }) =>
          new Promise(() => {
            signal.addEventListener('abort', () => aborted.push(id));
          }),
      },
      { onCall: ({ code }) => codes.push(code) },
    );
    expect((await failure(client.getVpc({ id: 'late' }, { deadlineMs: 50 }))).code).to.equal(
      'deadline_exceeded',
    );
    await eventually(() => {
      expect(aborted).to.deep.equal(['late']);
    });
    const controller = new AbortController();
    const call = failure(client.getVpc({ id: 'left' }, { signal: controller.signal }));
    controller.abort();
    expect((await call).code).to.equal('cancelled');
    const second = new AbortController();
    const started = failure(client.getVpc({ id: 'left' }, { signal: second.signal }));
    const closing = failure(client.getVpc({ id: 'closed' }));
    client.close();
    expect((await started).code).to.equal('cancelled');
    expect((await closing).code).to.equal('cancelled');
    expect((await failure(client.getVpc({ id: 'closed' }))).message).to.equal('the client is closed');
    expect(codes[0]).to.equal('deadline_exceeded');
  });

  it('streams, with backpressure, until the caller leaves', async () => {
    let produced = 0;
    let returned = false;
    const { client } = await serve({
      async *watchRevision({ vpcId }) {
        try {
          for (;;) {
            produced++;
            yield await Promise.resolve({ vpcId, revision: produced, pendingHosts: ['h'.repeat(10_000)] });
          }
        } finally {
          returned = true;
        }
      },
    });
    const revisions: number[] = [];
    for await (const { vpcId, revision } of client.watchRevision({ vpcId: 'v1' })) {
      expect(vpcId).to.equal('v1');
      revisions.push(revision);
      if (revisions.length === 3) break;
    }
    expect(revisions).to.deep.equal([1, 2, 3]);
    await eventually(() => {
      expect(returned).to.equal(true);
    });
    // An endless producer without backpressure would have gone on for as long as the process ran.
    expect(produced).to.be.lessThan(2000);
  });

  it('ends a stream with its last message, or with the error that the handler threw', async () => {
    const { client } = await serve({
      async *watchRevision({ vpcId }) {
        yield await Promise.resolve({ revision: 1 });
        if (vpcId !== 'v1') throw notFound('vpc', vpcId);
        yield { revision: 2, done: true };
      },
    });
    const read = async (vpcId: string) => {
      const seen: number[] = [];
      for await (const { revision } of client.watchRevision({ vpcId })) seen.push(revision);
      return seen;
    };
    expect(await read('v1')).to.deep.equal([1, 2]);
    expect((await failure(read('v2'))).resource).to.deep.equal({ type: 'vpc', id: 'v2' });
  });

  it('aborts a stream that waits when its caller cancels', async () => {
    let aborted = false;
    const { client } = await serve({
      async *watchRevision(_request, { signal }) {
        yield { revision: 1 };
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve();
          });
        });
      },
    });
    const controller = new AbortController();
    const read = async () => {
      for await (const { revision } of client.watchRevision({}, { signal: controller.signal })) {
        if (revision === 1) controller.abort();
      }
    };
    expect((await failure(read())).code).to.equal('cancelled');
    await eventually(() => {
      expect(aborted).to.equal(true);
    });
  });

  it('repeats reads and requests with a request id at the next address, nothing else', async () => {
    const { server } = await serve({
      getVpc: ({ id }) => Promise.resolve({ id }),
      deletePort: () => Promise.resolve({}),
    });
    const dead = await unusedPort();
    const open = () => {
      const client = openControlClient({ addresses: [`127.0.0.1:${dead}`, `127.0.0.1:${server.port}`] });
      clients.push(client);
      return client;
    };
    expect((await open().getVpc({ id: 'v1' })).id).to.equal('v1');
    await open().deletePort({ id: 'p1', requestId: 'r1' });
    const client = open();
    expect((await failure(client.deletePort({ id: 'p1' }))).code).to.equal('unavailable');
    await client.deletePort({ id: 'p1' });
  });

  it('says at once that it cannot listen', async () => {
    const { server } = await serve({});
    const error = await failure(
      startGrpcServer({ handlers: {}, address: `127.0.0.1:${server.port}`, logger: silentLogger }),
    );
    expect(error.message).to.match(/cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
  });
});

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 1;
}
