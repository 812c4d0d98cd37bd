import { randomUUID } from 'node:crypto';
import { openControlClient } from '../../adapters/grpc/client.ts';
import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { forEachOf } from '../../local/pool.ts';
import { until } from '../../local/until.ts';
import type { ServiceUrls } from '../../scripts/services/up.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import { benchHosts, startAgents } from '../agents.ts';
import type { Agents } from '../agents.ts';
import { AppliedLog } from '../applied-log.ts';
import { Cleanup } from '../cleanup.ts';
import type { Surroundings } from '../experiment.ts';
import { joinVpc, makeVpcs } from '../network.ts';
import type { Members } from './convergence.ts';
import type { RestartOptions } from './options.ts';

export interface Platform {
  readonly tenant: string;
  readonly client: ControlClient;
  readonly log: AppliedLog;
  readonly agents: Agents;
  readonly members: Members;
  stop(): Promise<void>;
}

const VPCS_AT_ONCE = 8;
const JOIN_MS = 180_000;

/** A deployment, and agents that all hold their VPCs. */
export async function openPlatform(
  { infraNodes, agents: count, workers, clients }: RestartOptions,
  memberships: readonly (readonly number[])[],
  services: ServiceUrls,
  { dir, cleanup: outer, signal, onFailure, once, phase }: Surroundings,
): Promise<Platform> {
  const cleanup = outer.add(new Cleanup(), (own) => own.run());
  const tenant = `bench-${randomUUID().slice(0, 8)}`;
  const deployment = await once('server and infra-nodes', async () =>
    cleanup.add(await startDeployment({ dir, services, hosts: [], infraNodes, name: tenant }), (started) =>
      started.stop(),
    ),
  );
  const { grpc: control = '' } = await deployment.server.endpoints();
  const client = cleanup.add(openControlClient({ addresses: control }), (opened) => {
    opened.close();
  });
  const log = new AppliedLog();
  const hosts = benchHosts(count);
  const agents = await once('agents', async () => {
    const started = await startAgents({
      ...{ dir, control, hosts, name: 'agents', workers, clients, onFailure },
      ...{ journals: 'in memory', watch: 'revisions' },
      onRevision: (revision) => {
        log.add(revision);
      },
    });
    return cleanup.add(started, (opened) => opened.stop());
  });
  const vpcs = await phase('VPCs, subnets, security groups', memberships.length, (step) =>
    makeVpcs(client, memberships.length, step),
  );
  const members = new Map(vpcs.map(({ id }, n) => [id, memberships[n]!.map((host) => hosts[host]!)]));
  await phase('hosts join', vpcs.length, async (step) => {
    await forEachOf(vpcs.length, VPCS_AT_ONCE, async (n) => {
      const vpc = vpcs[n]!;
      const own = members.get(vpc.id)!;
      await joinVpc(client, vpc, own, () => undefined);
      await until(() => signal.aborted || log.reached(vpc.id, own, 1) === own.length, JOIN_MS);
      step();
    });
  });
  return { tenant, client, log, agents, members, stop: () => cleanup.run() };
}
