import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openRedisStore } from '../../adapters/redis/store.ts';
import type { Store } from '../../core/store/port.ts';
import { forEachOf } from '../../local/pool.ts';
import { freePorts } from '../../scripts/free-ports.ts';
import { startRedis } from '../../scripts/services/redis.ts';
import type { RedisOptions } from '../../scripts/services/redis.ts';
import type { ServiceProcess } from '../../scripts/services/service-process.ts';
import { startProgram } from '../../scripts/stack/deployment.ts';
import type { Program } from '../../scripts/stack/deployment.ts';
import { BUG_VARIABLE } from '../bugs.ts';
import type { Bug } from '../bugs.ts';
import { AGENTS_VARIABLE } from './agents-config.ts';
import type { AgentsConfig } from './agents-config.ts';
import { observationsFile } from './agents.ts';
import { buildPrograms } from './build.ts';
import { startBroker, startNearBroker } from './broker.ts';
import type { Broker } from './broker.ts';
import { Link } from './link.ts';

export interface TestbedOptions {
  readonly dir: string;
  readonly hosts: readonly string[];
  /** Processes that the agents share. */
  readonly workers: number;
  readonly appendfsync: NonNullable<RedisOptions['appendfsync']>;
  readonly bug: Bug | undefined;
  /** Restarts in place of faults: then no link is cut or slow, so there are none, and the settings are the usual ones. */
  readonly rolling: boolean;
}

export interface Testbed {
  readonly servers: readonly Program[];
  readonly infraNodes: readonly Program[];
  readonly agents: readonly Program[];
  readonly broker: ServiceProcess;
  readonly redis: ServiceProcess;
  /** Those of the servers, of the infrastructure nodes, of the agents. */
  readonly brokerLinks: readonly (readonly Link[])[];
  /** Those of the servers, of the infrastructure nodes. */
  readonly redisLinks: readonly Link[];
  /** `host:port` of each server. */
  readonly addresses: readonly string[];
  /** Past the links. */
  readonly store: Store;
  stop(): Promise<void>;
}

const NAME = 'chaos';
const SERVERS = 2;
const INFRA_NODES = 2;
/** Processes of agents. */
const STARTED_AT_ONCE = 4;
const [SERVER_SIDE, INFRA_SIDE, AGENT_SIDE] = [0, 1, 2];
/** A port, for those that have no business with Redis. */
const NOWHERE = 1;

/** Everything as processes of its own on loopback, with links between the programs and the services. */
export async function startTestbed(options: TestbedOptions): Promise<Testbed> {
  const { dir } = options;
  const built = await buildPrograms();
  const processes: ServiceProcess[] = [];
  const links: Link[] = [];
  let store: Store | undefined;
  const stop = async (): Promise<void> => {
    await store?.close();
    await Promise.all(processes.map((each) => each.kill('SIGKILL')));
    await Promise.all(links.map((link) => link.close()));
  };
  const launch = async (
    name: string,
    main: string,
    broker: Broker,
    [brokerSide, redisPort]: readonly [number, number],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Program> => {
    const { serviceUrl = '', adminUrl = '' } = broker.accesses[brokerSide] ?? {};
    const services = {
      redisUrl: `redis://127.0.0.1:${redisPort}`,
      pulsarUrl: serviceUrl,
      pulsarAdminUrl: adminUrl,
    };
    const program = await startProgram({ dir, services, name: NAME, built }, name, main, env);
    processes.push(program.process);
    return program;
  };
  try {
    await mkdir(dir, { recursive: true });
    const redis = await startRedis({ dir: join(dir, 'redis'), appendfsync: options.appendfsync });
    processes.push(redis);
    const broker = await (options.rolling ? startNearBroker : startBroker)(join(dir, 'pulsar'), 3);
    processes.push(broker.service);
    for (const access of broker.accesses) links.push(...access.links);
    const redisLinks = options.rolling ? [] : [await Link.open(redis.port), await Link.open(redis.port)];
    links.push(...redisLinks);
    const [serversRedis = redis.port, infraRedis = redis.port] = redisLinks.map(({ port }) => port);
    store = openRedisStore({ url: redis.url, cluster: false, keyPrefix: `${NAME}:` });

    const addresses = (await freePorts(SERVERS)).map((port) => `127.0.0.1:${port}`);
    const servers: Program[] = [];
    for (const [n, address] of addresses.entries()) {
      servers.push(
        await launch(`server-${n}`, 'server/main.ts', broker, [SERVER_SIDE, serversRedis], {
          VPCAST_GRPC_ADDRESS: address,
        }),
      );
    }
    const infraNodes: Program[] = [];
    for (let n = 0; n < INFRA_NODES; n++) {
      const [main, env] = infraNodeOf(options);
      infraNodes.push(await launch(`infra-node-${n}`, main, broker, [INFRA_SIDE, infraRedis], env));
    }
    const agents: Program[] = [];
    await forEachOf(options.workers, STARTED_AT_ONCE, async (n) => {
      const config = agentsConfig(options, n, addresses, broker.accesses[AGENT_SIDE]?.serviceUrl ?? '');
      const env = { [AGENTS_VARIABLE]: JSON.stringify(config) };
      const side = [AGENT_SIDE, NOWHERE] as const;
      agents[n] = await launch(`agents-${n}`, 'chaos/programs/agents.ts', broker, side, env);
    });
    return {
      servers,
      infraNodes,
      agents,
      broker: broker.service,
      redis,
      brokerLinks: broker.accesses.map((access) => access.links),
      redisLinks,
      addresses,
      store,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** So small that the larger VPCs of a run are promoted and demoted meanwhile, and their copies shared by both nodes. */
const SMALL = { VPCAST_FAN_OUT_HOSTS: '6', VPCAST_SPLIT_ABOVE: '5', VPCAST_CHUNK_HOSTS: '2' };

function infraNodeOf({ bug, rolling }: TestbedOptions): [main: string, env: Record<string, string>] {
  const settings = rolling ? {} : SMALL;
  return bug === 'tombstones' || bug === 'fencing'
    ? ['chaos/programs/infra-node.ts', { ...settings, [BUG_VARIABLE]: bug }]
    : ['infra-node/main.ts', settings];
}

function agentsConfig(
  { dir, hosts, workers, bug }: TestbedOptions,
  worker: number,
  control: readonly string[],
  serviceUrl: string,
): AgentsConfig {
  const own = hosts.flatMap((id, n) =>
    n % workers === worker ? [{ id, vtepIp: `198.18.${n >> 8}.${n & 255}` }] : [],
  );
  return {
    hosts: own,
    control,
    serviceUrl,
    stateDirectory: join(dir, 'agents'),
    observationsFile: observationsFile(dir, worker),
    readyFile: join(dir, `agents-${worker}.ready.json`),
    logLevel: 'info',
    ackEarly: bug === 'ack-early',
  };
}
