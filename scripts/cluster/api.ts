// The API server over HTTPS, as one user. It takes YAML as well as JSON, so that manifests need no parser here.
import { request } from 'node:https';
import type { OutgoingHttpHeaders } from 'node:http';

export interface KubeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  readonly [key: string]: unknown;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** What the API server, or an admission plug-in, has to say of an object that it takes. */
  readonly warnings: readonly string[];
}

export interface Access {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

const json = 'application/json';

/** Any field that the schema does not have is an error. */
const strictly = 'fieldManager=check&fieldValidation=Strict';

export class Api {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** The answer's JSON, or an error. */
  async get<T>(path: string, accept = json): Promise<T> {
    return JSON.parse(accepted(await this.#send('GET', path, { accept })).text) as T;
  }

  async isReady(): Promise<boolean> {
    return (await this.#send('GET', '/readyz', {})).status === 200;
  }

  create(collection: string, object: object, dryRun = false): Promise<Answer> {
    const query = dryRun ? `${strictly}&dryRun=All` : strictly;
    return this.#send('POST', `${collection}?${query}`, { 'content-type': json }, JSON.stringify(object));
  }

  /** Server-side apply of a YAML document. */
  apply(path: string, document: string, dryRun = false): Promise<Answer> {
    const query = dryRun ? `${strictly}&force=true&dryRun=All` : strictly;
    return this.#send(
      'PATCH',
      `${path}?${query}`,
      { 'content-type': 'application/apply-patch+yaml' },
      document,
    );
  }

  merge(path: string, patch: object): Promise<Answer> {
    const type = 'application/merge-patch+json';
    return this.#send('PATCH', `${path}?${strictly}`, { 'content-type': type }, JSON.stringify(patch));
  }

  #send(method: string, path: string, headers: OutgoingHttpHeaders, body?: string): Promise<Answer> {
    const { url, ca, token } = this.#access;
    const authorization = `Bearer ${token}`;
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, url),
        { method, ca, headers: { ...headers, authorization } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({
              status: response.statusCode ?? 0,
              text,
              warnings: warningsOf(response.headers.warning),
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

/** The answer, unless it is a refusal. */
export function accepted(answer: Answer): Answer {
  if (answer.status < 300) return answer;
  throw new Error(`${answer.status}: ${messageOf(answer)}`);
}

/** What a refusal says. */
export function messageOf({ text }: Answer): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}

/** `299 - "text", 299 - "text"` */
function warningsOf(header: string | undefined): string[] {
  const quoted = header?.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g) ?? [];
  return [...quoted].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1'));
}
