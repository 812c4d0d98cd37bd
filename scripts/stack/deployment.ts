// A whole deployment as separate processes on one machine: server, infrastructure nodes, one agent per host.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../free-ports.ts';
import { identify } from '../process.ts';
import type { Lifetime } from '../services/service-process.ts';
import { ServiceProcess } from '../services/service-process.ts';
import type { ServiceUrls } from '../services/up.ts';

export interface DeploymentOptions {
  /** State, logs and ready files. */
  readonly dir: string;
  readonly services: ServiceUrls;
  readonly hosts: readonly string[];
  readonly infraNodes: number;
  /** Pulsar tenant and key prefix in Redis; deployments with different names do not see each other. */
  readonly name: string;
  readonly lifetime?: Lifetime;
  /** Further settings of every program, by variable. */
  readonly env?: Readonly<Record<string, string>>;
  /** Directory of the built programs; without one their source is run. */
  readonly built?: string;
}

export interface Program {
  readonly process: ServiceProcess;
  /** `host:port` by name, as the program's ready file tells them. */
  endpoints(): Promise<Readonly<Record<string, string>>>;
}

export interface Deployment {
  readonly server: Program;
  readonly infraNodes: readonly Program[];
  readonly agents: ReadonlyMap<string, Program>;
  /** Agents first, then infrastructure nodes, then the server; each gently. */
  stop(): Promise<void>;
}

export interface Endpoints {
  readonly grpc: string;
  readonly services: ServiceUrls;
  readonly programs: Readonly<Record<string, { pid: number; health?: string; log: string }>>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

export async function startDeployment(options: DeploymentOptions): Promise<Deployment> {
  const started: Program[] = [];
  const launch = async (
    name: string,
    main: string,
    env: Readonly<Record<string, string>>,
  ): Promise<Program> => {
    const program = await startProgram(options, name, main, env);
    started.push(program);
    return program;
  };
  const stop = async (): Promise<void> => {
    const [server, ...rest] = started;
    await Promise.all(rest.filter((program) => agents.has(program)).map(({ process }) => process.stop()));
    await Promise.all(rest.filter((program) => !agents.has(program)).map(({ process }) => process.stop()));
    await server?.process.stop();
  };
  const agents = new Set<Program>();
  try {
    // Not any port that is free at the moment: the agents look for a server that was restarted where it was.
    const [port = 0] = await freePorts(1);
    const grpc = `127.0.0.1:${port}`;
    const server = await launch('server', 'server/main.ts', { VPCAST_GRPC_ADDRESS: grpc });
    const launches = await Promise.allSettled(
      Array.from({ length: options.infraNodes }, (_, n) =>
        launch(`infra-node-${n}`, 'infra-node/main.ts', {}),
      ),
    );
    // Only now: one that was still starting would be left running.
    const infraNodes = launches.map((each) => {
      if (each.status === 'rejected') throw each.reason;
      return each.value;
    });
    const byHost = new Map<string, Program>();
    for (const [n, host] of options.hosts.entries()) {
      const agent = await launch(`agent-${host}`, 'agent/main.ts', agentSettings(options, host, n, grpc));
      agents.add(agent);
      byHost.set(host, agent);
    }
    return { server, infraNodes, agents: byHost, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function agentSettings(
  options: DeploymentOptions,
  host: string,
  n: number,
  grpc: string,
): Record<string, string> {
  return {
    VPCAST_HOST_ID: host,
    // Addresses for documentation: one machine has no tunnel endpoints.
    VPCAST_VTEP_IP: `198.18.${n >> 8}.${n & 255}`,
    VPCAST_CONTROL_ADDRESSES: grpc,
    VPCAST_STATE_DIRECTORY: join(options.dir, 'agents', host),
  };
}

/** One of a deployment's programs, by its main file. */
export async function startProgram(
  options: Pick<DeploymentOptions, 'dir' | 'services' | 'name' | 'lifetime' | 'env' | 'built'>,
  name: string,
  main: string,
  env: Readonly<Record<string, string>>,
): Promise<Program> {
  const { dir, services, lifetime = 'owned', built } = options;
  await mkdir(dir, { recursive: true });
  const readyFile = join(dir, `${name}.ready.json`);
  await rm(readyFile, { force: true });
  const process_ = new ServiceProcess(
    {
      name,
      command: process.execPath,
      args: built === undefined ? ['--import', 'tsx', main] : [join(built, main.replace(/\.ts$/, '.js'))],
      cwd: root,
      env: {
        ...process.env,
        VPCAST_REDIS_URL: services.redisUrl,
        VPCAST_KEY_PREFIX: `${options.name}:`,
        VPCAST_PULSAR_CLUSTERS: `main=${services.pulsarUrl}|${services.pulsarAdminUrl}`,
        VPCAST_TENANT: options.name,
        VPCAST_HEALTH_ADDRESS: '127.0.0.1:0',
        VPCAST_READY_FILE: readyFile,
        ...options.env,
        ...env,
      },
      logFile: join(dir, `${name}.log`),
      isHealthy: () => isReady(readyFile),
      startTimeoutMs: 60_000,
      stopTimeoutMs: 30_000,
    },
    lifetime,
  );
  await process_.start();
  return {
    process: process_,
    endpoints: async () => {
      const ready = JSON.parse(await readFile(readyFile, 'utf8')) as { endpoints?: Record<string, string> };
      return ready.endpoints ?? {};
    },
  };
}

/** The file that a killed program left behind says nothing of the one that is starting. */
async function isReady(readyFile: string): Promise<boolean> {
  if (!existsSync(readyFile)) return false;
  const { pid } = JSON.parse(await readFile(readyFile, 'utf8')) as { pid: number };
  return identify(pid) !== undefined;
}

export async function endpointsOf(deployment: Deployment, options: DeploymentOptions): Promise<Endpoints> {
  const named: [string, Program][] = [
    ['server', deployment.server],
    ...deployment.infraNodes.map((program, n): [string, Program] => [`infra-node-${n}`, program]),
    ...[...deployment.agents].map(([host, program]): [string, Program] => [`agent-${host}`, program]),
  ];
  const programs = await Promise.all(
    named.map(async ([name, program]) => {
      const { health } = await program.endpoints();
      const address = health === undefined ? {} : { health: `http://${health}` };
      return [name, { pid: program.process.pid, ...address, log: join(options.dir, `${name}.log`) }] as const;
    }),
  );
  const { grpc = '' } = await deployment.server.endpoints();
  return { grpc, services: options.services, programs: Object.fromEntries(programs) };
}
