import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Throws, or rejects, with the reason why the program is not ready. */
export type HealthCheck = () => Promise<void> | void;

export interface HealthServerOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly address: string;
  /** What the program needs to be ready, by name: `{ redis, pulsar }`. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** Default 2 s. */
  readonly checkTimeoutMs?: number;
  /** How long a result serves all who ask; default 1 s. */
  readonly freshMs?: number;
  /** The text of /metrics, in the Prometheus format. */
  readonly metrics?: () => Promise<string> | string;
}

export interface HealthServer {
  readonly port: number;
  /** `host:port` with the port that was taken. */
  readonly address: string;
  close(): Promise<void>;
}

/** `/healthz`: the process runs, whatever else is away. `/readyz`: each check and its result, 503 when one fails. `/metrics`. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { address, checks, checkTimeoutMs = 2000, freshMs = 1000, metrics = () => '' } = options;
  const runs = Object.entries(checks).map(
    ([name, check]) => [name, shared(() => run(check, checkTimeoutMs), freshMs)] as const,
  );

  async function answer(path: string, response: ServerResponse): Promise<void> {
    if (path === '/healthz') {
      send(response, 200, { status: 'ok' });
    } else if (path === '/readyz') {
      const entries = runs.map(async ([name, result]) => [name, await result()] as const);
      const results = Object.fromEntries(await Promise.all(entries));
      const isReady = Object.values(results).every((result) => result === 'ok');
      send(response, isReady ? 200 : 503, { status: isReady ? 'ok' : 'not ready', checks: results });
    } else if (path === '/metrics') {
      const text = await metrics();
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
    } else {
      send(response, 404, { status: 'not found' });
    }
  }

  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    answer(path, response).catch((error: unknown) => {
      send(response, 500, { status: error instanceof Error ? error.message : String(error) });
    });
  });
  const split = address.lastIndexOf(':');
  // Brackets as in [::1]:7401.
  server.listen(Number(address.slice(split + 1)), address.slice(0, split).replace(/^\[|\]$/g, ''));
  await once(server, 'listening');
  const close = async () => {
    await new Promise((closed) => {
      server.close(closed);
      server.closeAllConnections();
    });
  };
  const { port } = server.address() as AddressInfo;
  return { port, address: withPort(address, port), close };
}

/** An address with the port that was taken where it asked for any. */
export function withPort(address: string, port: number): string {
  return `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
}

/** However many ask, one runs at a time, and not again before its result is old. */
function shared<T>(action: () => Promise<T>, freshMs: number): () => Promise<T> {
  let running: Promise<T> | undefined;
  let endedAtMs: number | undefined;
  return () => {
    if (running !== undefined && (endedAtMs === undefined || performance.now() - endedAtMs < freshMs)) {
      return running;
    }
    endedAtMs = undefined;
    running = action().finally(() => {
      endedAtMs = performance.now();
    });
    return running;
  };
}

async function run(check: HealthCheck, timeoutMs: number): Promise<string> {
  const late = delay(timeoutMs, `no answer within ${timeoutMs} ms`, { ref: false });
  try {
    return await Promise.race([Promise.resolve(check()).then(() => 'ok'), late]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
