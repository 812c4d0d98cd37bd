import { randomUUID } from 'node:crypto';
import { openControlClient } from '../../../adapters/grpc/client.ts';
import type { ControlClient } from '../../../adapters/grpc/methods.ts';
import type { CallReport } from '../../../adapters/grpc/call-runner.ts';
import { openFileJournal } from '../../../agent/journal/file-journal.ts';
import { controlPort } from '../../../agent/context.ts';
import { systemClock } from '../../../core/clock.ts';
import { silentLogger } from '../../../core/logger.ts';
import type { MessageBus } from '../../../core/messaging/port.ts';
import { topicNames } from '../../../core/placement/topics.ts';
import type { TopicNames } from '../../../core/placement/topics.ts';
import type { Store } from '../../../core/store/port.ts';
import { startInfraNode } from '../../../infra-node/start.ts';
import type { InfraNode } from '../../../infra-node/start.ts';
import { LocalAgents } from '../../../local/agents.ts';
import { openBackend } from '../../../local/backend.ts';
import type { BackendChoice } from '../../../local/backend.ts';
import { differences } from '../../../local/compare.ts';
import { until } from '../../../local/until.ts';
import { startServer } from '../../../server/start.ts';
import type { RunningServer } from '../../../server/start.ts';

/** One of each program on one bus, and a client of that bus from which anything can be sent to them. */
export interface FuzzWorld {
  readonly client: ControlClient;
  readonly address: string;
  readonly store: Store;
  readonly topics: TopicNames;
  readonly bus: MessageBus;
  readonly partitions: number;
  readonly server: RunningServer;
  readonly infraNode: InfraNode;
  readonly agents: LocalAgents;
  /** How the calls to the control service ended. */
  readonly calls: readonly CallReport[];
  /** Resolves when every host holds exactly what it should; rejects with what differs. */
  settled(timeoutMs: number): Promise<void>;
  stop(): Promise<void>;
}

export interface FuzzWorldOptions {
  readonly backend: BackendChoice;
  readonly hosts: readonly string[];
  /** Each host's journal is a file in a directory of its own name in here. */
  readonly directory: string;
  readonly compactAboveBytes: number;
}

const partitions = 2;

export async function startFuzzWorld(options: FuzzWorldOptions): Promise<FuzzWorld> {
  const logger = silentLogger;
  const topics = topicNames(`fuzz-${randomUUID().slice(0, 8)}`);
  const backend = openBackend(options.backend, topics, logger);
  const calls: CallReport[] = [];
  const shared = { store: backend.store, topics, clock: systemClock, logger };
  const open = async () => new Map([['main', await backend.openCluster()]]);
  const server = await startServer(
    {
      ...shared,
      clusters: await open(),
      ...{ workPartitions: partitions, statusPartitions: partitions },
      limits: { hostsPerPartition: 100, maxPartitions: 4 },
    },
    { address: '127.0.0.1:0', onCall: (report) => calls.push(report) },
  );
  await server.prepared;
  const infraNode = await startInfraNode({
    ...{ ...shared, clusters: await open() },
    options: { sweepIntervalMs: 200, sweepAfterMs: 200, resyncWindowMs: 100 },
  });
  const address = `127.0.0.1:${server.port}`;
  const client = openControlClient({ addresses: address });
  const { directory, compactAboveBytes } = options;
  const agents = new LocalAgents({
    ...{ control: controlPort(client), bus: (await backend.openCluster()).bus, logger },
    serves: () => ['elb'],
    journal: (host) => (live) =>
      openFileJournal({ directory: `${directory}/${host}`, logger, compactAboveBytes }, live),
    agent: {
      repeat: { baseMs: 100, maxMs: 1_000 },
      snapshotGraceMs: 200,
      confirmGraceMs: 1_000,
      heartbeatMs: 500,
    },
  });
  for (const host of options.hosts) await agents.start(host);
  const { bus } = await backend.openCluster();
  return {
    ...{ client, address, store: backend.store, topics, bus, partitions, server, infraNode, agents, calls },
    settled: async (timeoutMs) => {
      let found: string[] = [];
      await until(async () => {
        found = await differences(backend.store, agents.running);
        return found.length === 0;
      }, timeoutMs).catch(() => {
        throw new Error(`the hosts differ from what they should hold:\n  ${found.join('\n  ')}`);
      });
    },
    stop: async () => {
      await agents.stopAll();
      await infraNode.drain();
      client.close();
      await server.drain(1_000);
      await backend.close();
    },
  };
}
