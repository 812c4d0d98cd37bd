import { setTimeout as delay } from 'node:timers/promises';
import {
  Server,
  ServerCredentials,
  type ServerOptions,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation, protoPath as healthProtoPath } from 'grpc-health-check';
import { PlatformError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { CallRunner, type CallReport } from './call-runner.ts';
import { createErrorTranslator } from './errors.ts';
import { loadControl, loadControlDefinition, loaderOptions } from './loader.ts';
import type { ControlHandlers, StreamingHandler, UnaryHandler } from './methods.ts';

export interface GrpcServerOptions {
  /** A missing handler answers UNIMPLEMENTED. */
  readonly handlers: Partial<ControlHandlers>;
  /** `host:port`; port 0 takes a free one. */
  readonly address: string;
  readonly logger: Logger;
  /** A larger request ends with RESOURCE_EXHAUSTED. */
  readonly maxRequestBytes?: number;
  /** Default: no TLS. */
  readonly credentials?: ServerCredentials;
  readonly onCall?: (report: CallReport) => void;
  readonly protoDirectory?: string;
}

export interface GrpcServer {
  readonly port: number;
  /** What the health service says of the whole server and of ControlService; false until it is set. */
  setServing(serving: boolean): void;
  /**
   * Takes no more calls, waits for running unary calls up to the grace period, then ends every call that is left,
   * streams among them, with UNAVAILABLE, and closes.
   */
  drain(graceMs: number): Promise<void>;
}

export const controlServiceName = 'vpcast.v1.ControlService';
const defaultMaxRequestBytes = 4 * 1024 * 1024;
/** How long statuses that were just sent may take to reach their callers before connections are broken off. */
const flushMs = 500;

export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { handlers, address, logger, protoDirectory, maxRequestBytes = defaultMaxRequestBytes } = options;
  const { onCall = () => undefined, credentials = ServerCredentials.createInsecure() } = options;
  const runner = new CallRunner({ errors: createErrorTranslator(protoDirectory), logger, onCall });
  const channelOptions: ServerOptions = {
    'grpc.max_receive_message_length': maxRequestBytes,
    // Finds callers that vanished without a word, whose streams would run on.
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
  };
  const server = new Server(channelOptions);
  const { service } = loadControl(protoDirectory).vpcast.v1.ControlService;
  server.addService(service, implement(service, handlers, runner));

  const health = new HealthImplementation();
  const setServing = (serving: boolean) => {
    for (const name of ['', controlServiceName]) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  };
  setServing(false);
  health.addToServer(server);
  const definitions = {
    ...loadControlDefinition(protoDirectory),
    ...loadSync(healthProtoPath, loaderOptions),
  };
  new ReflectionService(definitions).addToServer(server);

  const port = await bind(server, address, credentials);
  let drained: Promise<void> | undefined;
  const shutDown = async (graceMs: number) => {
    setServing(false);
    runner.refuse();
    const closed = new Promise<void>((resolve) => {
      server.tryShutdown(() => {
        resolve();
      });
    });
    await runner.unaryIdle(graceMs);
    runner.cut();
    const flushed = new AbortController();
    const { signal } = flushed;
    await Promise.race([closed, delay(flushMs, undefined, { signal }).catch(() => undefined)]);
    flushed.abort();
    server.forceShutdown();
  };
  return { port, setServing, drain: (graceMs) => (drained ??= shutDown(graceMs)) };
}

interface Method {
  readonly responseStream: boolean;
}

function implement(
  service: Readonly<Record<string, Method>>,
  handlers: Partial<ControlHandlers>,
  runner: CallRunner,
): UntypedServiceImplementation {
  // The type of `handlers` proves that each one fits its rpc; from here on only the kind matters.
  const byName = handlers as Readonly<Record<string, unknown>>;
  const implementation: UntypedServiceImplementation = {};
  for (const [name, { responseStream }] of Object.entries(service)) {
    const handler = byName[name.charAt(0).toLowerCase() + name.slice(1)];
    if (handler === undefined) continue;
    implementation[name] = responseStream
      ? runner.streaming(name, handler as StreamingHandler<object, object>)
      : runner.unary(name, handler as UnaryHandler<object, object>);
  }
  return implementation;
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port);
      else
        reject(
          new PlatformError('unavailable', `cannot listen on ${address}: ${error.message}`, { cause: error }),
        );
    });
  });
}
