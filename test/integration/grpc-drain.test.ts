import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { expect } from 'chai';
import { protoPath as healthFile } from 'grpc-health-check';
import { openControlClient } from '../../adapters/grpc/client.ts';
import type { ControlClient, ControlHandlers } from '../../adapters/grpc/methods.ts';
import { controlServiceName, startGrpcServer, type GrpcServer } from '../../adapters/grpc/server.ts';
import { PlatformError } from '../../core/errors.ts';
import { silentLogger } from '../../core/logger.ts';
import { eventually } from '../support/eventually.ts';

const healthService = load(healthFile, 'grpc.health.v1.Health');

function load(file: string, service: string): ServiceDefinition {
  return loadSync(file, { enums: String, oneofs: true })[service] as ServiceDefinition;
}

describe('gRPC server: health, reflection and drain', () => {
  let server: GrpcServer;
  let client: ControlClient;
  let raw: Client;

  async function serve(handlers: Partial<ControlHandlers>) {
    server = await startGrpcServer({ handlers, address: '127.0.0.1:0', logger: silentLogger });
    const address = `127.0.0.1:${server.port}`;
    client = openControlClient({ addresses: address, retry: { attempts: 1 } });
    raw = new Client(address, credentials.createInsecure());
  }

  afterEach(async () => {
    client.close();
    raw.close();
    await server.drain(0);
  });

  function method(service: ServiceDefinition, name: string): MethodDefinition<object, object> {
    return service[name]!;
  }

  function check(service: string): Promise<unknown> {
    const { path, requestSerialize, responseDeserialize } = method(healthService, 'Check');
    return new Promise((resolve, reject) => {
      raw.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, (error, value) => {
        if (error === null) resolve(value);
        else reject(error);
      });
    });
  }

  async function outcome(call: Promise<unknown>): Promise<unknown> {
    return call.catch((error: unknown) => (error instanceof PlatformError ? error.code : error));
  }

  it('answers health checks', async () => {
    await serve({});
    for (const name of ['', controlServiceName]) {
      server.setServing(false);
      expect(await check(name)).to.deep.equal({ status: 'NOT_SERVING' });
      server.setServing(true);
      expect(await check(name)).to.deep.equal({ status: 'SERVING' });
    }
  });

  it('tells by reflection what it serves', async () => {
    await serve({});
    const folder = dirname(createRequire(import.meta.url).resolve('@grpc/reflection'));
    const file = join(folder, '../proto/grpc/reflection/v1/reflection.proto');
    const definition = loadSync(file, { oneofs: true })[
      'grpc.reflection.v1.ServerReflection'
    ] as ServiceDefinition;
    const { path, requestSerialize, responseDeserialize } = method(definition, 'ServerReflectionInfo');
    const call = raw.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    const answers: unknown[] = [];
    call.on('data', (answer: unknown) => answers.push(answer));
    call.write({ listServices: '' });
    call.write({ fileContainingSymbol: 'vpcast.v1.ControlService.CreateVpc' });
    call.write({ fileContainingSymbol: 'vpcast.v1.SecurityGroupRule' });
    await eventually(() => {
      expect(answers).to.have.length(3);
    });
    call.end();
    const [services, ...files] = JSON.parse(JSON.stringify(answers)) as Record<
      string,
      { service?: unknown[] }
    >[];
    expect(services?.['listServicesResponse']?.service).to.deep.include({ name: controlServiceName });
    expect(services?.['listServicesResponse']?.service).to.deep.include({ name: 'grpc.health.v1.Health' });
    for (const found of files) expect(found).to.have.property('fileDescriptorResponse');
  });

  it('drains: running calls finish, new ones are refused, an endless stream ends with UNAVAILABLE', async () => {
    let release = (): void => undefined;
    let running = 0;
    await serve({
      getVpc: ({ id }) =>
        new Promise((resolve) => {
          running++;
          release = () => {
            resolve({ id });
          };
        }),
      async *watchRevision(_request, { signal }) {
        running++;
        yield { revision: 1 };
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve);
        });
      },
    });
    server.setServing(true);
    const unary = outcome(client.getVpc({ id: 'v1' }));
    const revisions: number[] = [];
    const stream = outcome(
      (async () => {
        for await (const { revision } of client.watchRevision({})) revisions.push(revision);
      })(),
    );
    await eventually(() => {
      expect([running, revisions.length]).to.deep.equal([2, 1]);
    });
    const startedAt = performance.now();
    const drained = server.drain(20_000);
    expect(await outcome(client.getVpc({ id: 'v2' }))).to.equal('unavailable');
    release();
    expect(await unary).to.include({ id: 'v1' });
    expect(await stream).to.equal('unavailable');
    await drained;
    expect(performance.now() - startedAt).to.be.lessThan(5000);
  });

  it('cuts a call that outlasts the grace period, even if its handler never ends', async () => {
    let reason: unknown;
    let isRunning = false;
    await serve({
      getVpc: (_request, { signal }) =>
        new Promise(() => {
          isRunning = true;
          signal.addEventListener('abort', () => {
            reason = signal.reason;
          });
        }),
    });
    const call = outcome(client.getVpc({ id: 'v1' }));
    await eventually(() => {
      expect(isRunning).to.equal(true);
    });
    await server.drain(50);
    expect(await call).to.equal('unavailable');
    expect(reason).to.include({ code: 'unavailable' });
  });

  it('cuts a stream whose reader rests, which did not make the handler run ahead', async () => {
    let produced = 0;
    await serve({
      async *watchRevision() {
        for (;;) {
          produced++;
          yield await Promise.resolve({ vpcId: 'x'.repeat(10_000) });
        }
      },
    });
    const reader = client.watchRevision({})[Symbol.asyncIterator]();
    await reader.next();
    await server.drain(20_000);
    const rest = async () => {
      while ((await reader.next()).done !== true);
    };
    expect(await outcome(rest())).to.equal('unavailable');
    expect(produced).to.be.lessThan(500);
  });

  it('does not wait for a health watcher or an open connection', async () => {
    await serve({});
    server.setServing(true);
    const { path, requestSerialize, responseDeserialize } = method(healthService, 'Watch');
    const watch = raw.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: '' });
    const seen: unknown[] = [];
    watch.on('data', (status: unknown) => seen.push(status)).on('error', () => seen.push('ended'));
    await eventually(() => {
      expect(seen).to.deep.equal([{ status: 'SERVING' }]);
    });
    await server.drain(20_000);
    await eventually(() => {
      expect(seen).to.deep.equal([{ status: 'SERVING' }, { status: 'NOT_SERVING' }, 'ended']);
    });
  });
});
