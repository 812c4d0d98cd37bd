import { join } from 'node:path';
import { startChild } from '../child.ts';
import type { Child } from '../child.ts';
import { defer } from '../deferred.ts';
import type { Watched } from '../processor-time.ts';
import type { AgentsNews, AgentsOrder, AgentsTotals, AppliedPort } from './messages.ts';

export interface AgentsOptions {
  readonly dir: string;
  readonly control: string;
  readonly hosts: readonly string[];
  readonly workers: number;
  /** Pulsar clients, all workers together. */
  readonly clients: number;
  readonly onApplied: (port: AppliedPort) => void;
  readonly onFailure: (error: Error) => void;
}

export interface Agents {
  readonly processes: readonly Watched[];
  /** Of all agents; the longest collection is that of one worker. */
  totals(): Promise<AgentsTotals>;
  stop(): Promise<void>;
}

interface Worker {
  readonly child: Child<AgentsOrder>;
  readonly started: Promise<void>;
  totals(): Promise<AgentsTotals>;
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
    processes: workers.map(({ child }) => ({ name: 'agents', pid: child.pid })),
    totals: async () => (await Promise.all(workers.map((worker) => worker.totals()))).reduce(together),
    stop,
  };
}

function startWorker(options: AgentsOptions, n: number): Worker {
  const { dir, control, workers, clients, onApplied, onFailure } = options;
  const started = defer<undefined>();
  let askedTotals = defer<AgentsTotals>();
  const fail = (error: Error): void => {
    started.reject(error);
    onFailure(error);
  };
  const child = startChild<AgentsOrder, AgentsNews>({
    script: 'agents-worker.ts',
    logFile: join(dir, `agents-${n}.log`),
    // Each host has four threads for its one disk; here a hundred agents share a process.
    env: { UV_THREADPOOL_SIZE: '64' },
    onEnd: fail,
    onMessage: (news) => {
      switch (news.kind) {
        case 'started':
          started.resolve(undefined);
          return;
        case 'applied':
          for (const port of news.ports) onApplied(port);
          return;
        case 'totals':
          askedTotals.resolve(news.totals);
          return;
        case 'failed':
          fail(new Error(`agents: ${news.reason}`));
      }
    },
  });
  const hosts = options.hosts.flatMap((id, index) =>
    index % workers === n ? [{ id, vtepIp: `198.18.${index >> 8}.${index & 255}` }] : [],
  );
  const stateDirectory = join(dir, 'agents');
  const own = { control, hosts, stateDirectory, clients: Math.max(1, Math.ceil(clients / workers)) };
  child.send({ kind: 'start', start: own });
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
    gaps: one.gaps + other.gaps,
    stale: one.stale + other.stale,
    applied: one.applied + other.applied,
    collections: one.collections + other.collections,
    longestCollectionMs: Math.max(one.longestCollectionMs, other.longestCollectionMs),
  };
}
