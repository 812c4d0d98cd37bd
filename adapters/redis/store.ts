import type { Store } from '../../core/store/port.ts';
import { RedisConnection } from './connection.ts';
import { dispatch } from './dispatch.ts';
import { Layout } from './layout.ts';
import { leases } from './leases.ts';
import type { RedisStoreOptions } from './options.ts';
import { records } from './records.ts';
import { registry } from './registry.ts';
import { reports } from './reports.ts';

export type { RedisNode, RedisStoreOptions } from './options.ts';

const dayMs = 24 * 60 * 60 * 1_000;

/** A store on one Redis server, a Sentinel group, or a Redis Cluster. It connects with the first call. */
export function openRedisStore(options: RedisStoreOptions): Store {
  const connection = new RedisConnection(options);
  const layout = new Layout(options.keyPrefix);
  return {
    ...records(connection, layout, options.requestTtlMs ?? dayMs),
    ...dispatch(connection, layout),
    ...reports(connection, layout),
    ...registry(connection, layout),
    ...leases(connection, layout),
    ping: () => connection.ping(),
    close: () => connection.close(),
  };
}
