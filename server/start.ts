import type { CallReport } from '../adapters/grpc/call-runner.ts';
import type { ServerCredentials } from '../adapters/grpc/certificates.ts';
import { startGrpcServer } from '../adapters/grpc/server.ts';
import type { ServerDeps } from './deps.ts';
import { leaseAlarms } from './leases/keeper.ts';
import { startLeases } from './leases/start.ts';
import type { Leases } from './leases/start.ts';
import { prepareCluster } from './prepare.ts';
import { startReports } from './reports/start.ts';
import type { ReportCounts, Reports } from './reports/start.ts';
import { finishVpcsUntil } from './rpc/vpc/unfinished.ts';
import { controlHandlers } from './service.ts';
import { Waker } from './wake.ts';

export interface ServerOptions {
  /** Of the gRPC service, `host:port`; port 0 takes a free one. */
  readonly address: string;
  readonly maxRequestBytes?: number;
  /** Default: no TLS. */
  readonly credentials?: ServerCredentials;
  /** By name of the cluster; kept in the registry for operators. */
  readonly adminUrls?: Readonly<Record<string, string>>;
  readonly onCall?: (report: CallReport) => void;
  /** Ends the waiting for clusters that are not prepared yet. */
  readonly signal?: AbortSignal;
}

export interface RunningServer {
  readonly port: number;
  /**
   * What the clusters need is made, and reports are taken. Takes as long as a cluster is away; rejects after an error
   * that will not pass, or when the server is drained before.
   */
  readonly prepared: Promise<void>;
  readonly deps: ServerDeps;
  readonly reports: Readonly<ReportCounts>;
  readonly deadLetters: Reports['deadLetters'];
  readonly leases: Pick<Leases, 'counts' | 'state'>;
  /** Stops the intake, finishes running calls within the grace period, and what was begun in the background. */
  drain(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 10_000;

/**
 * Starts the control service on a store and clusters that stay the caller's: it closes neither. It answers calls at once,
 * since most need the store only; what needs a cluster that is not prepared fails with `unavailable`.
 */
export async function startServer(
  parts: Omit<ServerDeps, 'wake' | 'leaseAlarm'>,
  options: ServerOptions,
): Promise<RunningServer> {
  const { topics, workPartitions, clusters, logger } = parts;
  const [home] = clusters.values();
  if (home === undefined) throw new Error('the server needs at least one Pulsar cluster');
  const waker = new Waker({ bus: home.bus, topic: topics.work, partitions: workPartitions, logger });
  const background: ServerDeps = {
    ...parts,
    wake: (scope, urgent) => {
      waker.wake(scope, urgent);
    },
  };
  const { address, maxRequestBytes, adminUrls = {}, onCall, credentials, signal } = options;
  const stopping = new AbortController();
  const waiting = AbortSignal.any([stopping.signal, ...(signal === undefined ? [] : [signal])]);
  const patience = { attempts: Infinity, signal: waiting };
  const preparing = new Map(
    [...clusters.values()].map((cluster) => [
      cluster.name,
      prepareCluster(background, cluster, adminUrls[cluster.name], patience),
    ]),
  );
  const reports = startReports(background, async (cluster) => preparing.get(cluster));
  reports.joined.catch((error: unknown) => {
    if (!waiting.aborted) logger.error('the clusters could not be prepared', { error });
  });
  const leases = startLeases(background, {
    after: reports.joined,
    reopen: (cluster) => {
      reports.reopen(cluster);
    },
  });
  const deps: ServerDeps = { ...background, leaseAlarm: () => leaseAlarms[leases.state] };
  const finishing = finishVpcsUntil(deps, stopping.signal);
  const stopBackground = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([leases.drain(), reports.drain()]);
    await finishing;
    await waker.drain();
  };
  const grpc = await startGrpcServer({
    handlers: controlHandlers(deps),
    address,
    logger,
    ...(maxRequestBytes === undefined ? {} : { maxRequestBytes }),
    ...(onCall === undefined ? {} : { onCall }),
    ...(credentials === undefined ? {} : { credentials }),
  }).catch(async (error: unknown) => {
    await stopBackground();
    throw error;
  });
  grpc.setServing(true);
  return {
    port: grpc.port,
    prepared: reports.joined,
    deps,
    reports: reports.counts,
    deadLetters: () => reports.deadLetters(),
    leases,
    drain: async (graceMs = DEFAULT_GRACE_MS) => {
      await grpc.drain(graceMs);
      await stopBackground();
    },
  };
}
