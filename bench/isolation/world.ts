import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openControlClient } from '../../adapters/grpc/client.ts';
import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { topicNames } from '../../core/placement/topics.ts';
import type { TopicNames } from '../../core/placement/topics.ts';
import type { ServiceUrls } from '../../scripts/services/up.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import { benchHosts, startAgents } from '../agents.ts';
import type { BenchHost } from '../agents-messages.ts';
import { AppliedLog } from '../applied-log.ts';
import { Cleanup } from '../cleanup.ts';
import type { Surroundings } from '../experiment.ts';
import type { Watched } from '../processor-time.ts';
import type { IsolationOptions } from './options.ts';
import type { Hosts } from './plan.ts';

/** A deployment with its agents. */
export interface World {
  readonly client: ControlClient;
  readonly topics: TopicNames;
  readonly lane: IsolationOptions['lane'];
  readonly log: AppliedLog;
  /** Those that fail when they are told to. */
  readonly failing: readonly BenchHost[];
  readonly others: readonly BenchHost[];
  readonly processes: readonly Watched[];
  /** Half of the failing hosts' processes are killed; the others are stopped, with their connections open. */
  fail(): void;
  stop(): Promise<void>;
}

const laneSettings = { copies: { VPCAST_FAN_OUT_HOSTS: '0' }, 'fan-out': {} };

export async function openWorld(
  name: string,
  options: Pick<IsolationOptions, 'agents' | 'workers' | 'clients' | 'infraNodes' | 'lane'>,
  hosts: Hosts,
  services: ServiceUrls,
  env: Readonly<Record<string, string>>,
  surroundings: Surroundings,
): Promise<World> {
  const { once, onFailure } = surroundings;
  const cleanup = surroundings.cleanup.add(new Cleanup(), (own) => own.run());
  const dir = join(surroundings.dir, name);
  await mkdir(dir, { recursive: true });
  const { infraNodes, agents, workers, clients, lane } = options;
  const topics = topicNames(`bench-${randomUUID().slice(0, 8)}`);
  const deployment = await once(`${name}: server and infra-nodes`, async () =>
    cleanup.add(
      await startDeployment({
        dir,
        services,
        hosts: [],
        infraNodes,
        name: topics.tenant,
        env: { ...env, ...laneSettings[lane] },
      }),
      (started) => started.stop(),
    ),
  );
  const { grpc: control = '' } = await deployment.server.endpoints();
  const client = cleanup.add(openControlClient({ addresses: control }), (opened) => {
    opened.close();
  });
  const log = new AppliedLog();
  const all = benchHosts(agents);
  const failing = all.slice(0, hosts.killed + hosts.stopped);
  const others = all.slice(failing.length);
  const start = (
    what: string,
    some: readonly BenchHost[],
    processes: number,
    connections: number,
  ): ReturnType<typeof startAgents> =>
    once(`${name}: agents, ${what}`, async () => {
      const started = await startAgents({
        ...{ dir, control, hosts: some, name: what, workers: processes, clients: connections },
        ...{ journals: 'in memory', watch: 'revisions', onFailure },
        onRevision: (revision) => {
          log.add(revision);
        },
      });
      return cleanup.add(started, (opened) => opened.stop());
    });
  const running = await start('others', others, workers, clients);
  const killedProcesses = Math.ceil(hosts.killed / hosts.perProcess);
  const stoppedProcesses = Math.ceil(hosts.stopped / hosts.perProcess);
  const killed = await start(
    'to be killed',
    failing.slice(0, hosts.killed),
    killedProcesses,
    killedProcesses,
  );
  const stopped = await start(
    'to be stopped',
    failing.slice(hosts.killed),
    stoppedProcesses,
    stoppedProcesses,
  );
  return {
    client,
    topics,
    lane,
    log,
    failing,
    others,
    processes: [
      { name: 'server', pid: deployment.server.process.pid },
      ...deployment.infraNodes.map(({ process: { pid } }) => ({ name: 'infra-nodes', pid })),
      ...running.processes.map(({ pid }) => ({ name: 'agents', pid })),
    ],
    fail: () => {
      killed.processes.forEach((_, n) => {
        killed.signal(n, 'SIGKILL');
      });
      stopped.processes.forEach((_, n) => {
        stopped.signal(n, 'SIGSTOP');
      });
    },
    stop: () => cleanup.run(),
  };
}
