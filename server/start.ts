import type { CallReport } from '../adapters/grpc/call-runner.ts';
import { startGrpcServer } from '../adapters/grpc/server.ts';
import type { ServerDeps } from './deps.ts';
import { leaseAlarms } from './leases/keeper.ts';
import { startLeases } from './leases/start.ts';
import type { Leases } from './leases/start.ts';
import { prepareClusters } from './prepare.ts';
import { startReports } from './reports/start.ts';
import type { ReportCounts } from './reports/start.ts';
import { finishDeletedVpcsUntil } from './rpc/vpc/finish-deleted-vpc.ts';
import { controlHandlers } from './service.ts';
import { Waker } from './wake.ts';

export interface ServerOptions {
  /** Of the gRPC service, `host:port`; port 0 takes a free one. */
  readonly address: string;
  readonly maxRequestBytes?: number;
  /** By name of the cluster; kept in the registry for operators. */
  readonly adminUrls?: Readonly<Record<string, string>>;
  readonly onCall?: (report: CallReport) => void;
  /** Ends the waiting for clusters that are not ready yet. */
  readonly signal?: AbortSignal;
}

export interface RunningServer {
  readonly port: number;
  readonly deps: ServerDeps;
  readonly reports: Readonly<ReportCounts>;
  readonly leases: Pick<Leases, 'counts' | 'state'>;
  /** Stops the intake, finishes running calls within the grace period, and what was begun in the background. */
  drain(graceMs?: number): Promise<void>;
}

const START_ATTEMPTS = 20;
const DEFAULT_GRACE_MS = 10_000;

/** Starts the control service on a store and clusters that stay the caller's: it closes neither. */
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
    wake: (scope) => {
      waker.wake(scope);
    },
  };
  const { address, maxRequestBytes, adminUrls = {}, onCall, signal } = options;
  await prepareClusters(background, adminUrls, {
    attempts: START_ATTEMPTS,
    ...(signal === undefined ? {} : { signal }),
  });
  const reports = await startReports(background);
  const leases = startLeases(background, {
    reopen: (cluster) => {
      reports.reopen(cluster);
    },
  });
  const deps: ServerDeps = { ...background, leaseAlarm: () => leaseAlarms[leases.state] };
  const stopping = new AbortController();
  const finishing = finishDeletedVpcsUntil(deps, stopping.signal);
  const stopBackground = async (): Promise<void> => {
    stopping.abort();
    await leases.drain();
    await reports.drain();
    await finishing;
    await waker.drain();
  };
  const grpc = await startGrpcServer({
    handlers: controlHandlers(deps),
    address,
    logger,
    ...(maxRequestBytes === undefined ? {} : { maxRequestBytes }),
    ...(onCall === undefined ? {} : { onCall }),
  }).catch(async (error: unknown) => {
    await stopBackground();
    throw error;
  });
  grpc.setServing(true);
  return {
    port: grpc.port,
    deps,
    reports: reports.counts,
    leases,
    drain: async (graceMs = DEFAULT_GRACE_MS) => {
      await grpc.drain(graceMs);
      await stopBackground();
    },
  };
}
