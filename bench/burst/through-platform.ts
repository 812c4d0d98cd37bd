import { openControlClient } from '../../adapters/grpc/client.ts';
import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { forEachOf } from '../../local/pool.ts';
import { until } from '../../local/until.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import type { Program } from '../../scripts/stack/deployment.ts';
import { benchHosts, startAgents } from '../agents.ts';
import type { BenchHost } from '../agents-messages.ts';
import { AppliedLog } from '../applied-log.ts';
import type { Surroundings } from '../experiment.ts';
import { FAN_OUT_HOSTS, untilNoCopies } from '../infra-counters.ts';
import { joinSparsely, makeVpcs } from '../network.ts';
import type { Vpc } from '../network.ts';
import { nowMs } from '../open-loop.ts';
import type { BenchServices } from '../services.ts';
import { writeOnce } from '../vpc-writes.ts';
import type { BurstOptions } from './options.ts';

export interface PlatformBurst {
  /** From the first call until the last host has applied the last port. */
  readonly seconds: number;
  /** Until the last call was answered. */
  readonly answeredSeconds: number;
}

const PORTS_PER_CALL = 100;
const CALLS_AT_ONCE = 4;
const PATIENCE_MS = 300_000;
/** Enough for the platform to have chosen how it reaches so many hosts; then they are about to come to it. */
const CHANGES_BEFORE = 50;
const PREPARED = { pauseMs: 500, withinMs: PATIENCE_MS };

/** Ports made in a VPC whose hosts are all there, and bound on them in turn. Each round takes a VPC of its own. */
export async function burstThroughPlatform(
  options: BurstOptions,
  services: BenchServices,
  { dir, cleanup, once, onFailure, signal }: Surroundings,
): Promise<PlatformBurst[]> {
  const { infraNodes, processes, clients } = options;
  const deployment = await once('server and infra-nodes', async () =>
    cleanup.add(
      await startDeployment({ dir, services: services.urls, hosts: [], infraNodes, name: 'burst' }),
      (started) => started.stop(),
    ),
  );
  const { grpc: control = '' } = await deployment.server.endpoints();
  const client = cleanup.add(openControlClient({ addresses: control }), (opened) => {
    opened.close();
  });
  const log = new AppliedLog();
  const hosts = benchHosts(options.hosts);
  const agents = await once('agents', async () => {
    const started = await startAgents({
      ...{ dir, control, hosts, name: 'agents', workers: processes, clients },
      ...{ journals: 'in memory', watch: 'revisions', onFailure },
      onRevision: (revision) => {
        log.add(revision);
      },
    });
    return cleanup.add(started, (opened) => opened.stop());
  });
  const bursts: PlatformBurst[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    const vpc = await once(`${round}. hosts join`, () =>
      prepare(client, deployment.infraNodes, log, hosts, signal),
    );
    bursts.push(
      await once(`${round}. ports are made`, () => makeBurst(client, log, vpc, hosts, options.ports, signal)),
    );
  }
  await agents.stop();
  return bursts;
}

async function prepare(
  client: ControlClient,
  nodes: readonly Program[],
  log: AppliedLog,
  hosts: readonly BenchHost[],
  signal: AbortSignal,
): Promise<Vpc> {
  const [vpc] = await makeVpcs(client, 1, () => undefined);
  await joinSparsely(client, vpc!, hosts);
  let changes = 0;
  const change = async (): Promise<boolean> => {
    const revision = await writeOnce(client, vpc!.id, changes++);
    await untilApplied(log, vpc!, hosts, revision, signal);
    return true;
  };
  while (changes < CHANGES_BEFORE) await change();
  if (hosts.length >= FAN_OUT_HOSTS) await untilNoCopies(nodes, change, PREPARED);
  return vpc!;
}

async function makeBurst(
  client: ControlClient,
  log: AppliedLog,
  vpc: Vpc,
  hosts: readonly BenchHost[],
  ports: number,
  signal: AbortSignal,
): Promise<PlatformBurst> {
  let last = 0;
  const beganAtMs = nowMs();
  await forEachOf(Math.ceil(ports / PORTS_PER_CALL), CALLS_AT_ONCE, async (call) => {
    const from = call * PORTS_PER_CALL;
    const requests = Array.from({ length: Math.min(PORTS_PER_CALL, ports - from) }, (_, n) => ({
      port: { vpcId: vpc.id, deviceId: `vm-${from + n}`, securityGroupIds: [vpc.groupId] },
      hostId: hosts[(from + n) % hosts.length]!.id,
    }));
    const made = await client.createPorts({ requestId: `burst-${vpc.id}-${from}`, requests });
    last = Math.max(last, ...made.ports.map(({ revision }) => revision));
  });
  const answeredAtMs = nowMs();
  await untilApplied(log, vpc, hosts, last, signal);
  const appliedAtMs = Math.max(
    ...hosts.map(({ id }) => log.of(vpc.id, id).find(({ revision }) => revision >= last)!.atMs),
  );
  return {
    seconds: (appliedAtMs - beganAtMs) / 1_000,
    answeredSeconds: (answeredAtMs - beganAtMs) / 1_000,
  };
}

async function untilApplied(
  log: AppliedLog,
  vpc: Vpc,
  hosts: readonly BenchHost[],
  revision: number,
  signal: AbortSignal,
): Promise<void> {
  await until(() => signal.aborted || log.reached(vpc.id, hosts, revision) === hosts.length, PATIENCE_MS);
}
