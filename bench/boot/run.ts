import { randomUUID } from 'node:crypto';
import { openControlClient } from '../../adapters/grpc/client.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import { benchHosts, startAgents } from '../agents.ts';
import type { AgentsTotals } from '../agents-messages.ts';
import { brokerGauges } from '../broker-gauges.ts';
import type { Surroundings } from '../experiment.ts';
import { commit, describeMachine } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { bindPorts, makePorts, makeVpcs, untilApplied } from '../network.ts';
import { watchProcessorTime } from '../processor-time.ts';
import { openServices } from '../services.ts';
import { kindFigures, latency, rawFigures } from './figures.ts';
import type { KindFigures } from './figures.ts';
import { BootLoad } from './load.ts';
import type { BootOptions } from './options.ts';
import { planBoots } from './plan.ts';
import { startProbe } from './probe.ts';

export interface BootFigures {
  readonly experiment: 'boot';
  readonly raw: ReturnType<typeof rawFigures>['raw'];
  readonly member: KindFigures;
  readonly joining: KindFigures;
  readonly rate_per_s: number;
  readonly seconds: number;
  readonly agents: number;
  readonly vpcs: number;
  readonly infra_nodes: number;
  /** At the broker, at the end. */
  readonly connections: number;
  readonly consumers: number;
  /** An append of 512 bytes with fdatasync on the same disk, meanwhile. */
  readonly disk: ReturnType<typeof rawFigures>['disk'];
  /** Cores that were busy, by program. */
  readonly processor: Record<string, number>;
  readonly agents_totals: AgentsTotals;
  readonly broker_settings: Readonly<Record<string, string>>;
  readonly machine: Machine;
  readonly commit: string;
  readonly date: string;
}

export interface BootResult {
  readonly figures: BootFigures;
  readonly latencies: {
    readonly raw: readonly number[];
    readonly member: readonly number[];
    readonly joining: readonly number[];
  };
}

const SEED = 20_241;
const PATIENCE_MS = 30_000;

export async function runBoot(options: BootOptions, surroundings: Surroundings): Promise<BootResult> {
  const { dir, cleanup, signal, onFailure, phase, once } = surroundings;
  const { agents, vpcs: vpcCount, membersPerVpc, rate, infraNodes } = options;
  const warmup = rate * options.warmupSeconds;
  const plan = planBoots({
    hosts: agents,
    vpcs: vpcCount,
    membersPerVpc,
    samples: warmup + rate * options.seconds,
    seed: SEED,
  });
  const hosts = benchHosts(agents);

  const services = await once('Pulsar and Redis', async () =>
    cleanup.add(await openServices(dir, options.broker), (opened) => opened.stop()),
  );
  const tenant = `bench-${randomUUID().slice(0, 8)}`;
  const deployment = await once('server and infra-nodes', async () =>
    cleanup.add(
      await startDeployment({ dir, services: services.urls, hosts: [], infraNodes, name: tenant }),
      (started) => started.stop(),
    ),
  );
  const { grpc: control = '' } = await deployment.server.endpoints();
  const client = cleanup.add(openControlClient({ addresses: control }), (opened) => {
    opened.close();
  });
  const load = new BootLoad(client);
  const running = await once('agents', async () => {
    const { workers, clients } = options;
    const started = await startAgents({
      ...{ dir, control, hosts, name: 'agents', workers, clients, journals: 'on disk', watch: 'ports' },
      onPort: (port) => {
        load.applied(port);
      },
      onFailure,
    });
    return cleanup.add(started, (opened) => opened.stop());
  });

  const vpcs = await phase('VPCs, subnets, security groups', vpcCount, (step) =>
    makeVpcs(client, vpcCount, step),
  );
  const placed = [...plan.members, ...plan.samples];
  const portIds = await phase('ports, unbound', placed.length, (step) =>
    makePorts(client, vpcs, placed, step),
  );
  const bindings = placed.map(({ host }, n) => ({ portId: portIds[n]!, hostId: hosts[host]!.id }));
  const members = bindings.slice(0, plan.members.length);
  await phase('first members', members.length, (step) => bindPorts(client, members, step));
  await phase('applied on every host', vpcCount, (step) => untilApplied(client, vpcs, step));

  const boots = plan.samples.map(({ kind }, n) => ({ kind, ...bindings[members.length + n]! }));
  const terms = { ratePerSecond: rate, patienceMs: PATIENCE_MS, signal };
  const probe = await once('raw probe', async () => {
    const started = { dir, services: services.urls, tenant, ratePerSecond: rate, onFailure };
    return cleanup.add(await startProbe(started), (opened) => opened.stop());
  });
  await once('warm-up', () => load.run(boots.slice(0, warmup), terms));
  await phase('applied on every host', vpcCount, (step) => untilApplied(client, vpcs, step));
  const processorTime = watchProcessorTime([
    ...services.processes,
    { name: 'server', pid: deployment.server.process.pid },
    ...deployment.infraNodes.map(({ process: { pid } }) => ({ name: 'infra-nodes', pid })),
    ...running.processes,
    probe.process,
    { name: 'load', pid: process.pid },
  ]);
  const { times, processor } = await once('boots', async () => ({
    times: await load.run(boots.slice(warmup), terms),
    processor: processorTime(),
  }));
  const gauges = await brokerGauges(services.urls.pulsarAdminUrl);
  const from = times[0]?.intendedAtMs ?? 0;
  const until = times.at(-1)?.intendedAtMs ?? 0;
  const { raw, latencies, disk } = rawFigures(await probe.finish(), from, until);
  return {
    figures: {
      experiment: 'boot',
      raw,
      member: kindFigures(times, 'member', raw),
      joining: kindFigures(times, 'joining', raw),
      rate_per_s: rate,
      seconds: options.seconds,
      agents,
      vpcs: vpcCount,
      infra_nodes: infraNodes,
      ...gauges,
      disk,
      processor,
      agents_totals: await running.totals(),
      broker_settings: options.broker,
      machine: await describeMachine(services.urls),
      commit: await commit(),
      date: new Date().toISOString(),
    },
    latencies: {
      raw: latencies,
      member: times.filter(({ kind }) => kind === 'member').map(latency),
      joining: times.filter(({ kind }) => kind === 'joining').map(latency),
    },
  };
}
