// Agents of several hosts in one process, each with its journal on disk: what they hold is answered on request, and
// what became durable is written down as it happens, so that nothing of it is lost with the process.
import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openClusters } from '../../adapters/backing/open.ts';
import { openControlClient } from '../../adapters/grpc/client.ts';
import { createLogger } from '../../adapters/process/logger.ts';
import { runService } from '../../adapters/process/run-service.ts';
import { startAgent } from '../../agent/agent.ts';
import type { Agent } from '../../agent/agent.ts';
import { controlPort } from '../../agent/context.ts';
import { stateOnlyDataPlane } from '../../agent/data-plane.ts';
import { openFileJournal } from '../../agent/journal/file-journal.ts';
import type { JournalFactory } from '../../agent/journal/journal.ts';
import { systemClock } from '../../core/clock.ts';
import { scopes } from '../../core/model/keys.ts';
import type { Entry } from '../../core/model/view.ts';
import type { Scope } from '../../core/store/port.ts';
import type { Observation } from '../model/observations.ts';
import { AGENTS_VARIABLE } from '../testbed/agents-config.ts';
import type { AgentsConfig, HeldAnswer, HeldVpc } from '../testbed/agents-config.ts';
import { ackEarly } from './ack-early.ts';

await runService('agents', async () => {
  const config = JSON.parse(process.env[AGENTS_VARIABLE] ?? '') as AgentsConfig;
  const logger = createLogger({ name: 'agents', level: config.logLevel });
  const client = openControlClient({ addresses: config.control, retry: { attempts: 1 } });
  const clusters = openClusters({ access: { token: undefined, caFile: undefined }, logger });
  const observations = openSync(config.observationsFile, 'a');
  const agents = new Map<string, Agent>();

  const observe = (
    kind: Observation['kind'],
    host: string,
    scope: Scope,
    revision: number,
    changed: readonly Entry[],
  ): void => {
    const report = agents
      .get(host)
      ?.scopes()
      .find((each) => each.scope === scope);
    // It has left meanwhile; or it has rejoined and has nothing yet.
    if (report === undefined || report.incarnation === 0) return;
    const set = changed.flatMap((entry) =>
      entry.body === undefined ? [] : [[entry.key, entry.revision] as const],
    );
    const { incarnation } = report;
    const line: Observation = { kind, host, scope, incarnation, revision, set };
    writeSync(observations, `${JSON.stringify(line)}\n`);
  };

  for (const { id, vtepIp } of config.hosts) {
    const directory = join(config.stateDirectory, id);
    const journal: JournalFactory = (live) => openFileJournal({ directory, logger }, live);
    const agent = await startAgent(
      {
        control: controlPort(client),
        openCluster: async (name) => {
          const cluster = { name, serviceUrl: config.serviceUrl, adminUrl: 'http://127.0.0.1:1' };
          return (await clusters.open(name, () => cluster)).bus;
        },
        openJournal: config.ackEarly ? ackEarly(journal) : journal,
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
          agentVersion: 'chaos',
        },
        events: {
          onApplied: (scope, revision, changed) => {
            observe('durable', id, scope, revision, changed);
          },
        },
      },
    );
    agents.set(id, agent);
    for (const { scope, revision } of agent.scopes()) {
      if (revision > 0) observe('started', id, scope, revision, []);
    }
  }

  const server = createServer(({ url }, response) => {
    if (url === '/readyz') {
      const isReady = [...agents.values()].every((agent) => agent.uplink().isListening);
      response.writeHead(isReady ? 200 : 503).end();
    } else {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(held(agents)));
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    readyFile: config.readyFile,
    endpoints: { held: `127.0.0.1:${(server.address() as AddressInfo).port}` },
    logger,
    drain: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.drain()));
      client.close();
      await clusters.close();
      server.close();
    },
  };
});

function held(agents: ReadonlyMap<string, Agent>): HeldAnswer {
  return Object.fromEntries([...agents].map(([host, agent]) => [host, heldBy(agent)]));
}

function heldBy(agent: Agent): Record<string, HeldVpc> {
  const revisions = new Map(agent.scopes().map(({ scope, revision }) => [scope, revision]));
  const vpcs = agent.vpcs().map((vpcId): [string, HeldVpc] => {
    const entries = [...(agent.view(vpcId)?.values() ?? [])];
    return [
      vpcId,
      {
        revision: revisions.get(scopes.vpc(vpcId)) ?? 0,
        entries: entries.map(({ key, revision, body = '' }) => [key, revision, body]),
      },
    ];
  });
  return Object.fromEntries(vpcs);
}
