import { openControlClient } from '../../adapters/grpc/client.ts';
import { defaultOptions } from '../../infra-node/deps.ts';
import { windowSize } from '../../infra-node/window.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import { benchHosts, startAgents } from '../agents.ts';
import { brokerGauges } from '../broker-gauges.ts';
import type { Surroundings } from '../experiment.ts';
import { heartbeatMsOf, rareHeartbeats } from '../heartbeats.ts';
import { commit, describeMachine } from '../machine.ts';
import { openServices } from '../services.ts';
import { startBareProducer } from './bare.ts';
import { CopiesLog } from './copies-log.ts';
import { partialFigures } from './figures.ts';
import type { Pair, PartialFigures } from './figures.ts';
import type { PartialOptions } from './options.ts';
import { Sides } from './sides.ts';
import { makePartialVpc } from './vpc.ts';

/** Both sides to the same agents, which listen all the time; in pairs, each in another order than the one before. */
export async function runPartial(
  options: PartialOptions,
  surroundings: Surroundings,
): Promise<PartialFigures> {
  const { dir, cleanup, once, phase, onFailure, signal } = surroundings;
  const services = await once('Pulsar and Redis', async () =>
    cleanup.add(await openServices(dir, {}), (opened) => opened.stop()),
  );
  const deployment = await once('server and infra-node', async () =>
    cleanup.add(
      await startDeployment({
        ...{ dir, services: services.urls, hosts: [], infraNodes: 1, name: 'partial' },
        env: rareHeartbeats,
      }),
      (started) => started.stop(),
    ),
  );
  const { grpc: control = '' } = await deployment.server.endpoints();
  const client = cleanup.add(openControlClient({ addresses: control }), (opened) => {
    opened.close();
  });
  const log = new CopiesLog();
  const hosts = benchHosts(options.hosts);
  const agents = await once('agents', async () => {
    const started = await startAgents({
      ...{ dir, control, hosts, name: 'agents', workers: options.processes, clients: options.clients },
      ...{ journals: 'in memory', watch: 'copies', onFailure },
      heartbeatMs: heartbeatMsOf(options.hosts),
      onCopies: (worker, tallies) => {
        log.add(worker, tallies);
      },
    });
    return cleanup.add(started, (opened) => opened.stop());
  });
  const vpc = await once('hosts join', () => makePartialVpc(client, hosts, options.audience));
  const bare = await once('bare producer', async () => {
    const started = { dir, url: services.urls.pulsarUrl, onFailure };
    return cleanup.add(await startBareProducer(vpc, started), (opened) => opened.stop());
  });
  const processes = [
    ...services.processes,
    { name: 'server', pid: deployment.server.process.pid },
    ...deployment.infraNodes.map(({ process: { pid } }) => ({ name: 'infra-node', pid })),
    ...agents.processes,
    { name: 'producer', pid: bare.pid },
  ];
  const window = windowSize(defaultOptions.windowBudget, Math.ceil(hosts.length / vpc.partitions));
  const changes = options.changes === 0 ? window : options.changes;
  const sides = new Sides({ client, vpc, log, bare, processes, bursts: options.bursts, signal });

  const warm = await once('warm-up', () => sides.platform(changes));
  let { copies, bytes } = warm;
  const pairs: Pair[] = [];
  /** As many as the platform's copies of the last round, of the same size. */
  const asMany = () =>
    sides.bare(
      Math.max(1, Math.round(copies / options.bursts / vpc.audience.length)),
      Math.round(bytes / copies),
    );
  await once('warm-up of the bare producer', asMany);
  await phase('rounds', options.rounds, async (step) => {
    for (let round = 0; round < options.rounds; round++) {
      const first = round % 2 === 0 ? undefined : await asMany();
      const vpcast = await sides.platform(changes);
      ({ copies, bytes } = vpcast);
      pairs.push({ vpcast, bare: first ?? (await asMany()) });
      step();
    }
  });
  return partialFigures(pairs, {
    hosts: hosts.length,
    audience: vpc.audience.length,
    partitions: vpc.partitions,
    window,
    changes,
    bursts: options.bursts,
    ...(await brokerGauges(services.urls.pulsarAdminUrl)),
    machine: await describeMachine(services.urls),
    commit: await commit(),
    date: new Date().toISOString(),
  });
}
