import { join } from 'node:path';
import type {
  AgentsNews,
  AgentsOrder,
  AgentsTotals,
  AppliedPort,
  AppliedRevision,
  BenchHost,
  SentTally,
  Watch,
} from './agents-messages.ts';
import { startChild } from './child.ts';
import type { Child } from './child.ts';
import { defer } from './deferred.ts';
import type { CopiesTally } from './partial/seen-copies.ts';
import type { Watched } from './processor-time.ts';

export interface AgentsOptions {
  readonly dir: string;
  readonly control: string;
  readonly hosts: readonly BenchHost[];
  /** Of the processes' log files. */
  readonly name: string;
  readonly workers: number;
  /** Pulsar clients, all workers together. */
  readonly clients: number;
  /** Where each agent keeps its journal. */
  readonly journals: 'on disk' | 'in memory';
  readonly watch: Watch;
  readonly heartbeatMs?: number;
  readonly onPort?: (port: AppliedPort) => void;
  readonly onRevision?: (revision: AppliedRevision) => void;
  readonly onMulticast?: (worker: number, stage: 'received' | 'durable', tally: SentTally) => void;
  readonly onCopies?: (worker: number, tallies: readonly CopiesTally[]) => void;
  readonly onFailure: (error: Error) => void;
}

export interface Agents {
  readonly processes: readonly Watched[];
  /** Of all agents; the longest collection is that of one worker. */
  totals(): Promise<AgentsTotals>;
  /** With multicasts only: from when this resolves on, agents apply what comes in when they are let go. */
  hold(): Promise<void>;
  letGo(): void;
  /** To one of the worker processes, as if somebody else sent it: its end is no failure then. */
  signal(worker: number, signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

interface Worker {
  readonly child: Child<AgentsOrder>;
  readonly started: Promise<void>;
  totals(): Promise<AgentsTotals>;
}

/** Addresses for documentation: one machine has no tunnel endpoints. */
export function benchHosts(count: number): BenchHost[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `host-${n}`,
    vtepIp: `198.${18 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`,
  }));
}

/** Agents in some worker processes; resolves when all of them listen. */
export async function startAgents(options: AgentsOptions): Promise<Agents> {
  const workers = Array.from({ length: options.workers }, (_, n) => startWorker(options, n));
  const stop = async (): Promise<void> => {
    await Promise.all(workers.map(({ child }) => child.stop()));
  };
  try {
    await Promise.all(workers.map(({ started }) => started));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    processes: workers.map(({ child }) => ({ name: options.name, pid: child.pid })),
    totals: async () => (await Promise.all(workers.map((worker) => worker.totals()))).reduce(together),
    hold: async () => {
      for (const { child } of workers) child.send({ kind: 'hold' });
      // Each does one order after the other.
      await Promise.all(workers.map((worker) => worker.totals()));
    },
    letGo: () => {
      for (const { child } of workers) child.send({ kind: 'let-go' });
    },
    signal: (worker, signal) => {
      workers[worker]?.child.signal(signal);
    },
    stop,
  };
}

function startWorker(options: AgentsOptions, n: number): Worker {
  const { dir, control, name, workers, clients, journals, watch, onFailure } = options;
  const { onPort = () => undefined, onRevision = () => undefined, onMulticast } = options;
  const started = defer<undefined>();
  let askedTotals = defer<AgentsTotals>();
  const fail = (error: Error): void => {
    started.reject(error);
    onFailure(error);
  };
  const child = startChild<AgentsOrder, AgentsNews>({
    script: 'agents-worker.ts',
    logFile: join(dir, `${name}-${n}.log`),
    // Each host has four threads for its one disk; here a hundred agents share a process.
    env: { UV_THREADPOOL_SIZE: '64' },
    onEnd: fail,
    onMessage: (news) => {
      switch (news.kind) {
        case 'started':
          started.resolve(undefined);
          return;
        case 'ports':
          for (const port of news.ports) onPort(port);
          return;
        case 'revisions':
          for (const revision of news.revisions) onRevision(revision);
          return;
        case 'multicasts':
          onMulticast?.(n, news.stage, news.tally);
          return;
        case 'copies':
          options.onCopies?.(n, news.tallies);
          return;
        case 'totals':
          askedTotals.resolve(news.totals);
          return;
        case 'failed':
          fail(new Error(`agents: ${news.reason}`));
      }
    },
  });
  child.send({
    kind: 'start',
    start: {
      control,
      hosts: options.hosts.filter((_, index) => index % workers === n),
      stateDirectory: journals === 'on disk' ? join(dir, 'agents') : undefined,
      clients: Math.max(1, Math.ceil(clients / workers)),
      watch,
      heartbeatMs: options.heartbeatMs,
    },
  });
  return {
    child,
    started: started.promise,
    totals: () => {
      askedTotals = defer();
      child.send({ kind: 'totals' });
      return askedTotals.promise;
    },
  };
}

function together(one: AgentsTotals, other: AgentsTotals): AgentsTotals {
  return {
    reading: one.reading + other.reading,
    gaps: one.gaps + other.gaps,
    stale: one.stale + other.stale,
    applied: one.applied + other.applied,
    collections: one.collections + other.collections,
    longestCollectionMs: Math.max(one.longestCollectionMs, other.longestCollectionMs),
  };
}
