import type { Costs } from './costs.ts';
import { processesFor } from './fleet.ts';
import type { Workload } from './workload.ts';

/** What reports and writes ask of the status topics, the servers and Redis. */
export interface Control {
  readonly status_messages_per_s: number;
  readonly reported_scopes_per_s: number;
  readonly store_calls_per_s: {
    readonly writes: number;
    readonly heartbeats: number;
    readonly reports: number;
  };
  readonly servers: number;
  readonly redis_cores: number;
  readonly redis_shards: number;
}

export interface Reported {
  readonly changesPerSecond: number;
  readonly deliveriesPerSecond: number;
  readonly reportedScopesPerSecond: number;
}

export function controlFor(reported: Reported, workload: Workload, costs: Costs): Control {
  const { hosts, joins, leaves } = workload;
  const news = reported.deliveriesPerSecond / hosts;
  const heartbeats = 1 / costs.heartbeat_s;
  // A heartbeat goes along with a report, where there is one.
  const perHost = Math.max(heartbeats, 1 / (costs.report_coalesce_s + 1 / news));
  const repeated = hosts * heartbeats * costs.scopes_per_heartbeat;
  const writeCalls =
    (joins + leaves) * costs.store_calls_per_joining_bind + (1 - joins - leaves) * costs.store_calls_per_bind;
  const calls = {
    writes: reported.changesPerSecond * writeCalls,
    heartbeats: repeated * costs.store_calls_per_reported_scope,
    reports: reported.reportedScopesPerSecond * costs.store_calls_per_reported_scope,
  };
  const all = calls.writes + calls.heartbeats + calls.reports;
  const redisCores = (all * costs.redis_us_per_call) / 1e6;
  return {
    status_messages_per_s: hosts * perHost,
    reported_scopes_per_s: repeated + reported.reportedScopesPerSecond,
    store_calls_per_s: calls,
    servers: processesFor((all * costs.server_us_per_store_call) / 1e6, workload, costs),
    redis_cores: redisCores,
    redis_shards: Math.ceil(redisCores / costs.utilisation),
  };
}
