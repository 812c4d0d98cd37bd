import type * as Pulsar from 'pulsar-client';
import { PlatformError } from '../../core/errors.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogHook = (level: LogLevel, message: string) => void;
export type Addon = (typeof Pulsar)['default'];

/**
 * The addon has one logger per process, and keeps a pointer into the first client for as long as it logs. So it is
 * set once, feeds whoever listens, and the first client stays referenced.
 */
const logging: { hooks: Set<LogHook>; firstClient?: Pulsar.Client } = { hooks: new Set() };
let loading: Promise<Addon> | undefined;

/** Loaded at the first use, so that programs on the in-process bus do without the addon. */
export function loadAddon(): Promise<Addon> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Addon> {
  try {
    const { default: addon } = await import('pulsar-client');
    // It says a lot at INFO, about each connection and consumer.
    const levels = ['debug', 'debug', 'warn', 'error'] as const;
    addon.Client.setLogHandler((level, file, line, message) => {
      for (const hook of logging.hooks) hook(levels[level], `${file}:${line} ${message}`);
    });
    return addon;
  } catch (cause) {
    loading = undefined;
    throw new PlatformError('unavailable', 'the Pulsar addon is not built: run `npm run addon`', { cause });
  }
}

export interface ConnectOptions {
  /** `pulsar://host:6650` or `pulsar+ssl://host:6651` */
  readonly serviceUrl: string;
  readonly token?: string;
  readonly tlsTrustCertsFile?: string;
  /**
   * How long the client looks up a topic, or waits for a consumer or producer; default 15,000. Meanwhile its pauses
   * double: a broker that is back may wait for the client for 0.4 of it. Too short, and a broker that has just started
   * is given up while it loads its topics; until it has, it refuses that consumer's next attempts.
   */
  readonly operationTimeoutMs?: number;
}

export function connect(addon: Addon, options: ConnectOptions): Pulsar.Client {
  const { serviceUrl, token, tlsTrustCertsFile, operationTimeoutMs = 15_000 } = options;
  const client = new addon.Client({
    serviceUrl,
    operationTimeoutSeconds: Math.ceil(operationTimeoutMs / 1000),
    logLevel: addon.LogLevel.INFO,
    ...(token === undefined ? {} : { authentication: new addon.AuthenticationToken({ token }) }),
    ...(tlsTrustCertsFile === undefined ? {} : { tlsTrustCertsFilePath: tlsTrustCertsFile }),
  });
  logging.firstClient ??= client;
  return client;
}

/** Returns what ends it. */
export function listenToLog(hook: LogHook): () => void {
  // Its own function, so that the same hook given twice is also ended twice.
  const own: LogHook = (level, message) => {
    hook(level, message);
  };
  logging.hooks.add(own);
  return () => logging.hooks.delete(own);
}
