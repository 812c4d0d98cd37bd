import type { ConnectionOptions } from 'node:tls';
import { invalid } from '../../core/errors.ts';

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

export interface RedisStoreOptions {
  /** `redis://[user:password@]host[:port][/database]`, or `rediss:` for TLS. Give either `url` or `nodes`. */
  readonly url?: string;
  /** Some nodes of the cluster, the Sentinels, or the one server. */
  readonly nodes?: readonly RedisNode[];
  readonly cluster: boolean;
  /** Name of the master that the Sentinels in `nodes` watch. */
  readonly sentinelMaster?: string;
  /** In front of every key; has no braces, because the scope alone must choose the hash slot. */
  readonly keyPrefix: string;
  readonly username?: string;
  readonly password?: string;
  /** `{}` = TLS with the defaults of Node. */
  readonly tls?: ConnectionOptions;
  /** How long the answer to a request id is kept; 24 hours unless given. */
  readonly requestTtlMs?: number;
  /** After this a call fails as `unavailable`; 5 seconds unless given. */
  readonly commandTimeoutMs?: number;
}

export interface Endpoint {
  readonly nodes: readonly RedisNode[];
  readonly database: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: ConnectionOptions | undefined;
}

export function endpointOf(options: RedisStoreOptions): Endpoint {
  if (/[{}]/.test(options.keyPrefix)) throw invalid('keyPrefix', 'must not contain braces');
  const { username, password, tls } = options;
  if (options.url === undefined) {
    const nodes = options.nodes ?? [];
    if (nodes.length === 0) throw invalid('nodes', 'a url or at least one node is needed');
    return { nodes, database: 0, username, password, tls };
  }
  if (options.nodes !== undefined) throw invalid('nodes', 'give either url or nodes');
  const url = parse(options.url);
  const database = Number(url.pathname.slice(1) || 0);
  if (options.cluster && database !== 0) throw invalid('url', 'a cluster has database 0 only');
  return {
    nodes: [{ host: url.hostname.replace(/^\[|\]$/g, '') || 'localhost', port: Number(url.port || 6379) }],
    database,
    username: username ?? decoded(url.username),
    password: password ?? decoded(url.password),
    tls: tls ?? (url.protocol === 'rediss:' ? {} : undefined),
  };
}

/** The text itself is not repeated in the error, since it may hold a password. */
function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || !/^(\/\d*)?$/.test(url.pathname)) {
    throw invalid('url', 'must be redis://host:port/database or rediss://host:port/database');
  }
  return url;
}

function decoded(text: string): string | undefined {
  return text === '' ? undefined : decodeURIComponent(text);
}
