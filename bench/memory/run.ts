import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openControlClient } from '../../adapters/grpc/client.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import { benchHosts } from '../agents.ts';
import type { Surroundings } from '../experiment.ts';
import { heartbeatMsOf, rareHeartbeats } from '../heartbeats.ts';
import { infraCounters, since } from '../infra-counters.ts';
import { commit, describeMachine } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { joinSparsely, makeVpcs } from '../network.ts';
import { nowMs } from '../open-loop.ts';
import { watchProcessorTime } from '../processor-time.ts';
import { openServices } from '../services.ts';
import { rounded } from '../statistics.ts';
import { programMemory } from './figures.ts';
import type { ProgramMemory } from './figures.ts';
import { startFleet } from './fleet.ts';
import type { MemoryOptions } from './options.ts';
import { makeBoundPorts, updateSteadily } from './updates.ts';
import { memoryEnvironment, watchMemory } from './watch-memory.ts';

export interface MemoryFigures {
  readonly experiment: 'memory';
  readonly ports: number;
  readonly hosts: number;
  readonly minutes: number;
  /** Changes per second, and how many were answered and how many failed. */
  readonly rate_per_s: number;
  readonly updates: number;
  readonly failed_updates: number;
  readonly server: ProgramMemory;
  readonly infra_node: ProgramMemory;
  /** Neither grows by 1 % of its resident memory in a minute. */
  readonly flat: boolean;
  readonly ports_made_per_s: number;
  readonly warm_up_s: number;
  readonly heartbeat_s: number;
  readonly reports_per_s: number;
  /** What the infrastructure node did meanwhile. */
  readonly dispatched: Readonly<Record<(typeof counted)[number], number>>;
  /** Cores that were busy during the changes, by program. */
  readonly processor: Readonly<Record<string, number>>;
  readonly machine: Machine;
  readonly commit: string;
  readonly date: string;
}

const counted = ['dispatches', 'fan_outs', 'copies', 'held', 'snapshots', 'lost_tails'] as const;
const SAMPLE_MS = 5_000;
const FLAT_PERCENT_PER_MIN = 1;
/** Room for 262,000 addresses. */
const SUBNET = '10.0.0.0/14';

export async function runMemory(options: MemoryOptions, surroundings: Surroundings): Promise<MemoryFigures> {
  const { dir, cleanup, once, phase, onFailure, signal } = surroundings;
  const memoryDir = join(dir, 'memory');
  await mkdir(memoryDir, { recursive: true });
  const services = await once('Pulsar and Redis', async () =>
    cleanup.add(await openServices(dir, {}), (opened) => opened.stop()),
  );
  const { server, infraNodes } = await once('server and infra-node', async () => {
    const env = { ...rareHeartbeats, ...memoryEnvironment(memoryDir) };
    const deployed = { dir, services: services.urls, hosts: [], infraNodes: 1, name: 'memory', env };
    return cleanup.add(await startDeployment(deployed), (started) => started.stop());
  });
  const { grpc: control = '' } = await server.endpoints();
  const client = cleanup.add(openControlClient({ addresses: control }), (opened) => {
    opened.close();
  });
  const heartbeatMs = heartbeatMsOf(options.hosts);
  const fleet = await once(`${options.hosts} hosts register`, async () => {
    const start = { control, pulsarUrl: services.urls.pulsarUrl, hosts: options.hosts };
    const started = await startFleet({ ...start, heartbeatMs }, { dir, signal, onFailure });
    return cleanup.add(started, (opened) => opened.stop());
  });
  const hosts = benchHosts(options.hosts);
  const [vpc] = await makeVpcs(client, 1, () => undefined, SUBNET);
  await once('they join', async () => {
    await joinSparsely(client, vpc!, hosts);
    await fleet.until(({ joined }) => joined === hosts.length);
  });
  await once('they read along', async () => {
    const wish = { id: vpc!.id, multicastMode: 'MULTICAST_MODE_FAN_OUT' } as const;
    await client.updateVpc({ vpc: wish, updateMask: { paths: ['multicast_mode'] } });
    await fleet.until(({ reading }) => reading === hosts.length);
  });
  const beganMs = nowMs();
  const made = await phase('ports', options.ports, (step) =>
    makeBoundPorts(client, vpc!, hosts, options.ports, (count) => {
      for (let n = 0; n < count; n++) step();
    }),
  );
  const madePerSecond = options.ports / ((nowMs() - beganMs) / 1_000);
  await once('they are dispatched', () => fleet.until(({ revision }) => revision >= made.revision));

  const programs = [server, infraNodes[0]!].map(({ process: { pid } }) => pid);
  const watching = programs.map((pid) => watchMemory(memoryDir, pid, { everyMs: SAMPLE_MS, onFailure }));
  const processorTime = watchProcessorTime([
    ...services.processes,
    { name: 'server', pid: programs[0]! },
    { name: 'infra-node', pid: programs[1]! },
    { name: 'hosts', pid: fleet.pid },
    { name: 'load', pid: process.pid },
  ]);
  const countersBefore = await infraCounters(infraNodes[0]!, counted);
  const reportsBefore = fleet.state.reports;
  const seconds = options.minutes * 60;
  const updated = await once(`${options.minutes} minutes of changes`, () => {
    const load = { ratePerSecond: options.rate, count: seconds * options.rate, signal };
    return updateSteadily(client, vpc!, { hosts, ports: made.ids }, load);
  });
  const processor = processorTime();
  const reports = fleet.state.reports - reportsBefore;
  const dispatched = since(countersBefore, await infraCounters(infraNodes[0]!, counted));
  const [ofServer, ofInfraNode] = watching.map((stop) => programMemory(stop(), options.warmUp));
  await once('all is dispatched', () => fleet.until(({ revision }) => revision >= updated.revision));
  const isFlat = ({ slope_percent_per_min: slope }: ProgramMemory): boolean => slope < FLAT_PERCENT_PER_MIN;
  return {
    experiment: 'memory',
    ports: options.ports,
    hosts: options.hosts,
    minutes: options.minutes,
    rate_per_s: options.rate,
    updates: updated.answered,
    failed_updates: updated.failed,
    server: ofServer!,
    infra_node: ofInfraNode!,
    flat: isFlat(ofServer!) && isFlat(ofInfraNode!),
    ports_made_per_s: rounded(madePerSecond, 1),
    warm_up_s: options.warmUp,
    heartbeat_s: heartbeatMs / 1_000,
    reports_per_s: rounded(reports / seconds, 1),
    dispatched,
    processor,
    machine: await describeMachine(services.urls),
    commit: await commit(),
    date: new Date().toISOString(),
  };
}
