import { once } from 'node:events';
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, resolve } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { CallRunner } from '../../adapters/grpc/call-runner.ts';
import { createErrorTranslator } from '../../adapters/grpc/errors.ts';
import type { UnaryHandler } from '../../adapters/grpc/methods.ts';
import { PlatformError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { VERSION } from '../version.ts';
import type { Described } from './describe.ts';
import { localHandlers } from './handlers.ts';
import { loadAgentService } from './service.ts';

export interface LocalServerOptions {
  readonly agent: Described;
  /** Of the socket. One that a killed agent left is replaced; that of a living one is refused. */
  readonly path: string;
  readonly logger: Logger;
}

export interface LocalServer {
  close(): Promise<void>;
}

/** Answers what the agent knows on a Unix socket that only its own user, and root, may open. */
export async function serveAgent({ agent, path, logger }: LocalServerOptions): Promise<LocalServer> {
  const facts = { version: VERSION, pid: process.pid, startedAtMs: Date.now() };
  const handlers = localHandlers(agent, facts);
  const runner = new CallRunner({ errors: createErrorTranslator(), logger, onCall: () => undefined });
  const server = new Server();
  server.addService(loadAgentService().service, {
    getStatus: runner.unary('GetStatus', handlers.getStatus),
    listVpcs: runner.unary('ListVpcs', handlers.listVpcs),
    listPorts: runner.unary('ListPorts', handlers.listPorts as UnaryHandler<object, object>),
    explainPort: runner.unary('ExplainPort', handlers.explainPort as UnaryHandler<object, object>),
    dump: runner.streaming('Dump', handlers.dump),
  });
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  await removeLeftover(path);
  await bind(server, path);
  await chmod(path, 0o600);
  return {
    close: () => {
      server.forceShutdown();
      return rm(path, { force: true });
    },
  };
}

async function removeLeftover(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new PlatformError('failed_precondition', `${path} is not a socket`);
  if (await answers(path)) throw new PlatformError('failed_precondition', `another agent serves ${path}`);
  await rm(path, { force: true });
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    server.bindAsync(`unix:${resolve(path)}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) done();
      else
        fail(
          new PlatformError('unavailable', `cannot listen on ${path}: ${error.message}`, { cause: error }),
        );
    });
  });
}
