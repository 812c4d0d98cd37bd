import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ChannelCredentials, experimental } from '@grpc/grpc-js';
import type { ServerCredentials } from '@grpc/grpc-js';
import type { Logger } from '../../core/logger.ts';

export type { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js';

/** Files in the PEM format. */
export interface CertificateFiles {
  /** Own certificate with those of the authorities in between, and its key: both or neither. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Authorities that the other side's certificate is checked against. */
  readonly caFile?: string | undefined;
}

export interface TlsOptions {
  readonly logger: Logger;
  /** Between looks whether the files have changed; default 10 s. */
  readonly lookMs?: number;
}

interface Contents {
  readonly identity: experimental.IdentityCertificateUpdate | null;
  readonly ca: experimental.CaCertificateUpdate | null;
}

/**
 * For a server. With authorities callers have to show a certificate of theirs. Changed files hold for new connections.
 * Throws when the files are not usable.
 */
export function serverTls(files: CertificateFiles, options: TlsOptions): ServerCredentials {
  const provider = new FileCertificates(files, options);
  const mutual = files.caFile !== undefined;
  // Its declaration has the first two the other way round.
  const credentials = experimental.createCertificateProviderServerCredentials as unknown as (
    identity: experimental.CertificateProvider,
    ca: experimental.CertificateProvider | null,
    requireClientCertificate: boolean,
  ) => ServerCredentials;
  return credentials(provider, mutual ? provider : null, mutual);
}

/** For a client. Without authorities of their own the well-known ones hold; then changed files need a new client. */
export function clientTls(files: CertificateFiles, options: TlsOptions): ChannelCredentials {
  const provider = new FileCertificates(files, options);
  const { identity } = provider.contents;
  if (files.caFile === undefined) {
    return ChannelCredentials.createSsl(null, identity?.privateKey, identity?.certificate);
  }
  return experimental.createCertificateProviderChannelCredentials(
    provider,
    identity === null ? null : provider,
  );
}

/** Hands out what is in the files, and again when it has changed. What cannot be used is left alone. */
class FileCertificates implements experimental.CertificateProvider {
  contents: Contents;
  readonly #files: CertificateFiles;
  readonly #logger: Logger;
  readonly #lookMs: number;
  readonly #caListeners = new Set<experimental.CaCertificateUpdateListener>();
  readonly #identityListeners = new Set<experimental.IdentityCertificateUpdateListener>();
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;

  constructor(files: CertificateFiles, { logger, lookMs = 10_000 }: TlsOptions) {
    this.#files = files;
    this.#logger = logger;
    this.#lookMs = lookMs;
    this.contents = read(files);
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#caListeners.add(listener);
    process.nextTick(() => {
      listener(this.contents.ca);
    });
    this.#watch();
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#caListeners.delete(listener);
    this.#watch();
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.add(listener);
    process.nextTick(() => {
      listener(this.contents.identity);
    });
    this.#watch();
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.delete(listener);
    this.#watch();
  }

  #watch(): void {
    clearInterval(this.#timer);
    if (this.#caListeners.size + this.#identityListeners.size === 0) return;
    this.#timer = setInterval(() => {
      this.#look();
    }, this.#lookMs).unref();
  }

  #look(): void {
    try {
      const found = read(this.#files);
      this.#isFailing = false;
      if (isSame(found, this.contents)) return;
      this.contents = found;
    } catch (error) {
      // A certificate without its key, perhaps: whoever exchanges them writes one after the other.
      if (!this.#isFailing)
        this.#logger.warn('the certificates cannot be used; the old ones stay', { error });
      this.#isFailing = true;
      return;
    }
    this.#logger.info('the certificates have changed');
    for (const listener of this.#identityListeners) listener(this.contents.identity);
    for (const listener of this.#caListeners) listener(this.contents.ca);
  }
}

/** Throws when a file cannot be read, or what is in them does not go together. */
function read({ certFile, keyFile, caFile }: CertificateFiles): Contents {
  const caCertificate = caFile === undefined ? undefined : readFileSync(caFile);
  const certificate = certFile === undefined ? undefined : readFileSync(certFile);
  const privateKey = keyFile === undefined ? undefined : readFileSync(keyFile);
  createSecureContext({ ca: caCertificate, cert: certificate, key: privateKey });
  return {
    identity: certificate === undefined || privateKey === undefined ? null : { certificate, privateKey },
    ca: caCertificate === undefined ? null : { caCertificate },
  };
}

function isSame(one: Contents, other: Contents): boolean {
  return (
    isSameBytes(one.ca?.caCertificate, other.ca?.caCertificate) &&
    isSameBytes(one.identity?.certificate, other.identity?.certificate) &&
    isSameBytes(one.identity?.privateKey, other.identity?.privateKey)
  );
}

function isSameBytes(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && one.equals(other));
}
