import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { type Endpoint, type RedisStoreOptions, endpointOf } from './options.ts';
import { type Script, scripts } from './scripts/all.ts';

export type Client = Redis | Cluster;

/** The client is not connected yet: the first call connects it. */
export function createClient(options: RedisStoreOptions, commandTimeoutMs: number): Client {
  const endpoint = endpointOf(options);
  const client = options.cluster
    ? clusterClient(endpoint, commandTimeoutMs)
    : singleClient(endpoint, options.sentinelMaster, commandTimeoutMs);
  for (const [name, { keys, lua }] of Object.entries<Script>(scripts)) {
    client.defineCommand(name, { numberOfKeys: keys, lua });
  }
  return client;
}

function clusterClient(endpoint: Endpoint, commandTimeoutMs: number): Cluster {
  return new Cluster([...endpoint.nodes], {
    redisOptions: connectionOptions(endpoint, commandTimeoutMs),
    lazyConnect: true,
    clusterRetryStrategy: backoff,
    slotsRefreshTimeout: commandTimeoutMs,
    // 0 = no resending here either; redirections are followed, because a redirected command was not carried out.
    retryDelayOnFailover: 0,
  });
}

function singleClient(
  endpoint: Endpoint,
  sentinelMaster: string | undefined,
  commandTimeoutMs: number,
): Redis {
  return new Redis({
    ...connectionOptions(endpoint, commandTimeoutMs),
    ...(sentinelMaster === undefined
      ? endpoint.nodes[0]
      : { sentinels: [...endpoint.nodes], name: sentinelMaster }),
    db: endpoint.database,
    lazyConnect: true,
    retryStrategy: backoff,
    // After a failover this connection may lead to a replica.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
}

function connectionOptions(endpoint: Endpoint, commandTimeoutMs: number) {
  return {
    username: endpoint.username,
    password: endpoint.password,
    tls: endpoint.tls,
    connectTimeout: commandTimeoutMs,
    // How long a server may take to close its end, before ours is destroyed.
    disconnectTimeout: Math.min(commandTimeoutMs, 500),
    // A connection that has fallen silent under a waiting command is given up, so that the next one can be opened.
    socketTimeout: 2 * commandTimeoutMs,
    // A command that was sent is never sent again behind the caller's back: the first one may have been carried out,
    // and a commit must not happen twice. The caller is told `unavailable` and retries with its request id.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  } satisfies RedisOptions;
}

function backoff(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 6), 2_000) * (0.5 + Math.random() / 2);
}
