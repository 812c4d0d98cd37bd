import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Files {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A throw-away authority with its files in a directory. */
export class Authority {
  readonly caFile: string;
  readonly #dir: string;
  readonly #name: string;

  private constructor(dir: string, name: string) {
    this.#dir = dir;
    this.#name = name;
    this.caFile = join(dir, `${name}.pem`);
  }

  static async make(dir: string, name: string): Promise<Authority> {
    const authority = new Authority(dir, name);
    await openssl(authority.#keyFile, authority.caFile, `/CN=${name}`, []);
    return authority;
  }

  /** For the loopback address; replaces the files of that name. */
  async issue(name: string): Promise<Files> {
    const certFile = join(this.#dir, `${name}.crt`);
    const keyFile = join(this.#dir, `${name}.key`);
    await openssl(keyFile, certFile, `/CN=${name}`, [
      ...['-CA', this.caFile, '-CAkey', this.#keyFile],
      ...['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE'],
    ]);
    return { certFile, keyFile };
  }

  get #keyFile(): string {
    return join(this.#dir, `${this.#name}.ca.key`);
  }
}

async function openssl(keyFile: string, certFile: string, subject: string, more: string[]): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  await run('openssl', ['req', '-x509', '-days', '2', '-subj', subject, ...key, '-out', certFile, ...more]);
}
