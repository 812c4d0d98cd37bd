// Many agents in one process, each with a journal of its own; tells what became durable on them.
import { PerformanceObserver } from 'node:perf_hooks';
import { join } from 'node:path';
import { openControlClient } from '../adapters/grpc/client.ts';
import { createLogger } from '../adapters/process/logger.ts';
import { openPulsarCluster } from '../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../adapters/pulsar/cluster.ts';
import { startAgent } from '../agent/agent.ts';
import type { Agent } from '../agent/agent.ts';
import { controlPort } from '../agent/context.ts';
import { stateOnlyDataPlane } from '../agent/data-plane.ts';
import { openFileJournal } from '../agent/journal/file-journal.ts';
import type { JournalFactory } from '../agent/journal/journal.ts';
import { memoryJournal } from '../agent/journal/memory-journal.ts';
import { systemClock } from '../core/clock.ts';
import { forEachOf } from '../local/pool.ts';
import type { AgentsNews, AgentsOrder, AgentsStart, AgentsTotals } from './agents-messages.ts';
import { AppliedRevisions } from './applied-revisions.ts';
import { AppliedPorts } from './boot/applied-ports.ts';
import { endWithParent, tellParent } from './child.ts';
import { SeenMulticasts } from './multicast/seen-multicasts.ts';
import { SeenCopies } from './partial/seen-copies.ts';

const REPORT_MS = 50;
const STARTS_AT_ONCE = 16;

const logger = createLogger({ name: 'agents', level: 'warn' });
const agents: Agent[] = [];
const clusters: Promise<PulsarCluster>[] = [];
let seen: SeenMulticasts | undefined;
const collections = { count: 0, longestMs: 0 };
const tell = (news: AgentsNews): void => {
  tellParent(news);
};

async function start(order: AgentsStart): Promise<void> {
  const { control, stateDirectory, hosts, clients, watch, heartbeatMs } = order;
  const client = openControlClient({ addresses: control });
  const ports = new AppliedPorts();
  const revisions = new AppliedRevisions();
  const copies = new SeenCopies();
  const multicasts = (seen = new SeenMulticasts(hosts.length, (stage, tally) => {
    tell({ kind: 'multicasts', stage, tally });
  }));
  await forEachOf(hosts.length, STARTS_AT_ONCE, async (n) => {
    const { id, vtepIp } = hosts[n]!;
    const openJournal = journalOf(id, stateDirectory);
    const agent = await startAgent(
      {
        control: controlPort(client),
        openCluster: async (name, serviceUrl) => {
          const { bus } = await (clusters[n % clients] ??= connect(name, serviceUrl));
          if (watch === 'ports') return ports.watch(id, bus);
          if (watch === 'copies') return copies.watch(bus);
          return watch === 'multicasts' ? multicasts.watch(n, id, bus) : bus;
        },
        openJournal,
        dataPlane: stateOnlyDataPlane,
        clock: systemClock,
        logger,
      },
      {
        host: {
          id,
          name: id,
          vtepIp,
          macAddress: '',
          zone: '',
          labels: {},
          serves: [],
          agentVersion: 'bench',
        },
        ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
        events: {
          onApplied: (scope, revision, changed) => {
            if (watch === 'ports') ports.durable(id, scope, revision, changed);
            else if (watch === 'multicasts') multicasts.durable(n, revision);
            else if (watch === 'revisions') revisions.durable(id, scope, revision);
          },
        },
      },
    );
    agents.push(agent);
    await agent.ready();
  });
  setInterval(() => {
    const newPorts = ports.take();
    if (newPorts.length > 0) tell({ kind: 'ports', ports: newPorts });
    const newRevisions = revisions.take();
    multicasts.report();
    const tallies = copies.take();
    if (tallies.length > 0) tell({ kind: 'copies', tallies });
    if (newRevisions.length > 0) tell({ kind: 'revisions', revisions: newRevisions });
  }, REPORT_MS).unref();
}

function journalOf(hostId: string, stateDirectory: string | undefined): JournalFactory {
  if (stateDirectory === undefined) return memoryJournal();
  return (live) => openFileJournal({ directory: join(stateDirectory, hostId), logger }, live);
}

function connect(name: string, serviceUrl: string): Promise<PulsarCluster> {
  return openPulsarCluster({
    name,
    serviceUrl,
    adminUrl: 'http://127.0.0.1:1',
    log: (level, message) => {
      logger[level]('pulsar client', { message });
    },
  });
}

function totals(): AgentsTotals {
  const sum = (counter: 'gaps' | 'stale' | 'applied'): number =>
    agents.reduce((total, agent) => total + agent.counters[counter], 0);
  return {
    reading: agents.filter((agent) => agent.readingAlong().length > 0).length,
    gaps: sum('gaps'),
    stale: sum('stale'),
    applied: sum('applied'),
    collections: collections.count,
    longestCollectionMs: collections.longestMs,
  };
}

new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    collections.count++;
    collections.longestMs = Math.max(collections.longestMs, duration);
  }
}).observe({ entryTypes: ['gc'] });

endWithParent(async () => {
  await Promise.all(agents.map((agent) => agent.close()));
  await Promise.all(clusters.map(async (cluster) => (await cluster).close()));
});

process.on('message', (order: AgentsOrder) => {
  switch (order.kind) {
    case 'hold':
      seen?.hold();
      return;
    case 'let-go':
      seen?.letGo();
      return;
    case 'totals':
      tell({ kind: 'totals', totals: totals() });
      return;
    case 'start':
      start(order.start).then(
        () => {
          tell({ kind: 'started' });
        },
        (error: unknown) => {
          tell({ kind: 'failed', reason: String(error) });
        },
      );
  }
});
