/**
 * The whole platform in one process, on the embedded bus and store or on real ones: for the demo, tests and benches.
 * The programs' own code runs; only their `main` and their process boundaries are left out.
 */
import { randomUUID } from 'node:crypto';
import { openControlClient } from '../adapters/grpc/client.ts';
import type { ControlClient } from '../adapters/grpc/methods.ts';
import type { Agent } from '../agent/agent.ts';
import { controlPort } from '../agent/context.ts';
import { systemClock } from '../core/clock.ts';
import { PlatformError } from '../core/errors.ts';
import { silentLogger } from '../core/logger.ts';
import type { Logger } from '../core/logger.ts';
import type { MessageBus } from '../core/messaging/port.ts';
import { topicNames } from '../core/placement/topics.ts';
import type { TopicNames } from '../core/placement/topics.ts';
import type { Scope, Store } from '../core/store/port.ts';
import type { InfraOptions } from '../infra-node/deps.ts';
import { startInfraNode } from '../infra-node/start.ts';
import type { InfraNode } from '../infra-node/start.ts';
import type { ServerLimits } from '../server/deps.ts';
import type { LeaseOptions } from '../server/leases/options.ts';
import { startServer } from '../server/start.ts';
import type { RunningServer } from '../server/start.ts';
import { LocalAgents } from './agents.ts';
import type { AppliedListener, LocalAgentsOptions } from './agents.ts';
import { openBackend } from './backend.ts';
import type { Backend, BackendChoice, OpenedCluster } from './backend.ts';
import { differences } from './compare.ts';
import { forEachOf } from './pool.ts';
import { until } from './until.ts';

export interface PlatformOptions extends Pick<LocalAgentsOptions, 'serves' | 'journal' | 'agent'> {
  /** Ids of the hosts that get an agent. */
  readonly hosts: readonly string[];
  readonly infraNodes: number;
  readonly backend: BackendChoice;
  readonly limits?: ServerLimits;
  /** That topics for copies are spread over; default 1. */
  readonly copiesNamespaces?: number;
  readonly leases?: Partial<LeaseOptions>;
  readonly infra?: Partial<InfraOptions>;
  readonly logger?: Logger;
}

export interface Platform {
  readonly client: ControlClient;
  /** `host:port` of the control service. */
  readonly address: string;
  readonly store: Store;
  readonly topics: TopicNames;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly infraNodes: readonly InfraNode[];
  /** Called when something is applied and durable at a host; the result ends it. */
  onApplied(listener: AppliedListener): () => void;
  /** What the infrastructure nodes sent for a VPC. */
  sentFor(scope: Scope): { messages: number; copies: number };
  /** A client of its own, to look at what is there. */
  openCluster(name: string): Promise<OpenedCluster>;
  startAgent(hostId: string): Promise<void>;
  /** As a crash would: what is not durable is lost. */
  stopAgent(hostId: string): Promise<void>;
  /** Resolves when every agent holds exactly what the store says; rejects with what differs. */
  settled(timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

const DEFAULT_LIMITS: ServerLimits = { hostsPerPartition: 1_000, maxPartitions: 64 };
const PARTITIONS = 4;
const AGENTS_AT_ONCE = 32;

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { logger = silentLogger } = options;
  const topics = topicNames(`local-${randomUUID().slice(0, 8)}`, options.copiesNamespaces);
  const backend = openBackend(options.backend, topics, logger);
  const server = await openServer(backend, topics, options, logger);
  const infraNodes = await openInfraNodes(backend, topics, options, logger);
  const address = `127.0.0.1:${server.port}`;
  const client = openControlClient({ addresses: address });
  const clusters = await backend.openClusters();
  const agents = new LocalAgents({
    ...options,

    control: controlPort(client),
    bus: busOf(clusters),
    logger,
  });
  await forEachOf(options.hosts.length, AGENTS_AT_ONCE, (n) => agents.start(options.hosts[n] ?? ''));
  return {
    client,
    address,
    store: backend.store,
    topics,
    agents: agents.running,
    infraNodes,
    onApplied: (listener) => agents.listen(listener),
    sentFor: (scope) => sumOf(infraNodes, scope),
    openCluster: (name) => backend.openCluster(name),
    startAgent: (hostId) => agents.start(hostId),
    stopAgent: (hostId) => agents.stop(hostId),
    settled: (timeoutMs = 30_000) => untilSettled(backend.store, agents.running, timeoutMs),
    stop: async () => {
      await agents.stopAll();
      await Promise.all(infraNodes.map((node) => node.drain()));
      client.close();
      await server.drain(1_000);
      await backend.close();
    },
  };
}

async function openServer(
  backend: Backend,
  topics: TopicNames,
  { limits = DEFAULT_LIMITS, leases = {} }: PlatformOptions,
  logger: Logger,
): Promise<RunningServer> {
  const server = await startServer(
    {
      store: backend.store,
      clusters: await backend.openClusters(),
      topics,
      workPartitions: PARTITIONS,
      statusPartitions: PARTITIONS,
      limits,
      leases,
      clock: systemClock,
      logger,
    },
    { address: '127.0.0.1:0' },
  );
  await server.prepared;
  return server;
}

/** One client for all agents. */
function busOf(clusters: ReadonlyMap<string, OpenedCluster>): (cluster: string) => MessageBus {
  return (name) => {
    const cluster = clusters.get(name);
    if (cluster === undefined) throw new PlatformError('unavailable', `cluster ${name} is not known`);
    return cluster.bus;
  };
}

async function openInfraNodes(
  backend: Backend,
  topics: TopicNames,
  { infraNodes, infra }: PlatformOptions,
  logger: Logger,
): Promise<InfraNode[]> {
  const nodes: InfraNode[] = [];
  for (let n = 0; n < infraNodes; n++) {
    const clusters = await backend.openClusters();
    const options = { statsPerVpc: true, ...infra };
    const parts = { store: backend.store, clusters, topics, clock: systemClock, logger };
    nodes.push(await startInfraNode({ ...parts, options, name: `infra-node-${n}` }));
  }
  return nodes;
}

function sumOf(nodes: readonly InfraNode[], scope: Scope): { messages: number; copies: number } {
  const each = nodes.map((node) => node.stats.perVpc.get(scope));
  return {
    messages: each.reduce((sum, stats) => sum + (stats?.messages ?? 0), 0),
    copies: each.reduce((sum, stats) => sum + (stats?.copies ?? 0), 0),
  };
}

async function untilSettled(
  store: Store,
  agents: ReadonlyMap<string, Agent>,
  timeoutMs: number,
): Promise<void> {
  let found: string[] = [];
  await until(async () => {
    found = await differences(store, agents);
    return found.length === 0;
  }, timeoutMs).catch(() => {
    throw new Error(`the agents differ from what they should hold:\n  ${found.join('\n  ')}`);
  });
}
