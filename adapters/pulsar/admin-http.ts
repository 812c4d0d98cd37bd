import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { PlatformError } from '../../core/errors.ts';
import { fromStatus } from './errors.ts';
import { retry } from './retry.ts';

export interface AdminHttpOptions {
  /** `http://host:8080` or `https://host:8443` */
  readonly adminUrl: string;
  readonly token?: string;
  readonly tlsTrustCertsFile?: string;
  readonly requestTimeoutMs?: number;
  readonly retryForMs?: number;
}

export interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}

const MAX_REDIRECTS = 5;

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

/**
 * The admin interface of a cluster. Each request here can be repeated, and is when the connection or the broker
 * fails. On `node:http`, because `fetch` takes no certificate authority.
 */
export class AdminHttp {
  private readonly options: AdminHttpOptions;
  private readonly base: URL;
  private readonly agent: http.Agent;
  private readonly stop = new AbortController();

  constructor(options: AdminHttpOptions) {
    this.options = options;
    // Each request under way is one listener, and they may be many.
    setMaxListeners(0, this.stop.signal);
    this.base = new URL(options.adminUrl);
    const { tlsTrustCertsFile } = options;
    const shared = { keepAlive: true, maxSockets: 16 };
    this.agent =
      this.base.protocol === 'https:'
        ? new https.Agent({
            ...shared,
            ...(tlsTrustCertsFile === undefined ? {} : { ca: readFileSync(tlsTrustCertsFile) }),
          })
        : new http.Agent(shared);
  }

  /** `accept`: statuses that are answers too, beside success. Others throw. */
  async call(
    method: Method,
    path: string,
    body?: unknown,
    accept: readonly number[] = [],
  ): Promise<AdminAnswer> {
    const { retryForMs = 15_000 } = this.options;
    return retry(
      async () => {
        const answer = await this.request(method, new URL(`/admin/v2${path}`, this.base), body);
        if ((answer.status >= 200 && answer.status < 300) || accept.includes(answer.status)) {
          return { status: answer.status, body: parse(answer.text) };
        }
        throw fromStatus(answer.status, `${method} ${path}`, answer.text);
      },
      { forMs: retryForMs, signal: this.stop.signal },
    );
  }

  close(): void {
    this.stop.abort();
    this.agent.destroy();
  }

  private request(
    method: Method,
    url: URL,
    body: unknown,
    redirects = MAX_REDIRECTS,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const { token, requestTimeoutMs = 30_000 } = this.options;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      'content-length': Buffer.byteLength(payload ?? ''),
    };
    return new Promise((resolve, reject) => {
      const fail = (cause: Error) => {
        reject(new PlatformError('unavailable', `${method} ${url.pathname}: ${cause.message}`, { cause }));
      };
      const request = (url.protocol === 'https:' ? https : http).request(
        url,
        { method, agent: this.agent, headers, timeout: requestTimeoutMs, signal: this.stop.signal },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', fail);
          response.on('end', () => {
            const { statusCode: status = 0, headers: answered } = response;
            // Another broker owns the bundle that the topic is in.
            if (status === 307 && answered.location !== undefined && redirects > 0) {
              resolve(this.request(method, new URL(answered.location, url), body, redirects - 1));
            } else resolve({ status, text: Buffer.concat(chunks).toString() });
          });
        },
      );
      request.on('timeout', () => request.destroy(new Error(`no answer for ${requestTimeoutMs} ms`)));
      request.on('error', fail);
      request.end(payload);
    });
  }
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
