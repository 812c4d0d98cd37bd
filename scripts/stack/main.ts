// npm run stack -- up --hosts a,b,c [--infra-nodes 2] | down | status
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { endProcess, isRunning } from '../process.ts';
import type { ProcessIdentity } from '../process.ts';
import { reportOnStderr } from '../services/progress.ts';
import { runCommand } from '../services/command.ts';
import * as services from '../services/up.ts';
import type { ServiceUrls } from '../services/up.ts';
import { endpointsOf, startDeployment } from './deployment.ts';
import type { Endpoints } from './deployment.ts';

const usage = `usage: npm run stack -- <command> [options]
  up       bring up a deployment; its endpoints go to standard output as one JSON object
             --hosts a,b,c       one agent process for each
             --infra-nodes N     default 2
             --pulsar URL --pulsar-admin URL --redis URL    on services that somebody else looks after
  down     end it, with the services if it brought them up, and remove what it left
  status   tell what runs
options: --dir   where state and logs are (default .run/stack)`;

interface State {
  readonly endpoints: Endpoints;
  /** In the order in which they are to be ended. */
  readonly processes: readonly (readonly [name: string, identity: ProcessIdentity])[];
  readonly startedServices: boolean;
}

const runDirectory = (name: string): string => fileURLToPath(new URL(`../../.run/${name}`, import.meta.url));

const readArguments = () =>
  parseArgs({
    allowPositionals: true,
    options: {
      hosts: { type: 'string', default: '' },
      'infra-nodes': { type: 'string', default: '2' },
      pulsar: { type: 'string' },
      'pulsar-admin': { type: 'string' },
      redis: { type: 'string' },
      dir: { type: 'string', default: runDirectory('stack') },
    },
  });

function argumentsOrExit(): ReturnType<typeof readArguments> {
  try {
    return readArguments();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(1);
  }
}

const { values, positionals } = argumentsOrExit();
const stateFile = join(values.dir, 'state.json');
const servicesDir = runDirectory('services');

async function readState(): Promise<State | undefined> {
  try {
    return JSON.parse(await readFile(stateFile, 'utf8')) as State;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The services that the arguments name, if they do. */
function namedServices(): ServiceUrls | undefined {
  const { pulsar: pulsarUrl, 'pulsar-admin': pulsarAdminUrl, redis: redisUrl } = values;
  if (pulsarUrl !== undefined && pulsarAdminUrl !== undefined && redisUrl !== undefined) {
    return { pulsarUrl, pulsarAdminUrl, redisUrl };
  }
  if (pulsarUrl === undefined && pulsarAdminUrl === undefined && redisUrl === undefined) return undefined;
  throw new Error('--pulsar, --pulsar-admin and --redis go together');
}

/** The development services, brought up if they are not. */
async function developmentServices(): Promise<{ urls: ServiceUrls; started: boolean }> {
  const { pulsar, redis } = await services.status(servicesDir);
  const started = pulsar.condition === 'down' && redis.condition === 'down';
  return { urls: await services.up({ dir: servicesDir }), started };
}

async function up(): Promise<void> {
  if ((await readState())?.processes.some(([, identity]) => isRunning(identity)) === true) {
    throw new Error('a stack is up already: npm run stack -- down, or status');
  }
  const hosts = values.hosts.split(',').filter((host) => host !== '');
  const bad = hosts.find((host) => !/^[A-Za-z0-9._-]{1,64}$/.test(host));
  if (hosts.length === 0 || bad !== undefined || new Set(hosts).size < hosts.length) {
    throw new Error('--hosts takes different names from [A-Za-z0-9._-], separated by commas');
  }
  const infraNodes = Number(values['infra-nodes']);
  if (!Number.isInteger(infraNodes) || infraNodes < 1) throw new Error('--infra-nodes takes a number from 1');
  const named = namedServices();

  await runCommand('npm', ['run', '-s', 'addon']);
  await mkdir(values.dir, { recursive: true });
  const { urls, started: startedServices } =
    named === undefined ? await developmentServices() : { urls: named, started: false };
  reportOnStderr(`starting server, ${infraNodes} infrastructure nodes and ${hosts.length} agents`);
  const options = {
    dir: values.dir,
    services: urls,
    hosts,
    infraNodes,
    // Each stack begins empty, on services that may have seen others.
    name: `stack-${Date.now().toString(36)}`,
    lifetime: 'detached' as const,
  };
  const deployment = await startDeployment(options);
  const endpoints = await endpointsOf(deployment, options);
  const processes: State['processes'] = [
    ...[...deployment.agents].map(([host, { process }]) => [`agent-${host}`, process.identity] as const),
    ...deployment.infraNodes.map(({ process }, n) => [`infra-node-${n}`, process.identity] as const),
    ['server', deployment.server.process.identity],
  ];
  await writeFile(
    stateFile,
    JSON.stringify({ endpoints, processes, startedServices } satisfies State, null, 2),
  );
  console.log(JSON.stringify(endpoints));
}

async function down(): Promise<void> {
  const state = await readState();
  for (const [name, identity] of state?.processes ?? []) {
    if (isRunning(identity)) reportOnStderr(`ending ${name}`);
    await endProcess(identity, 20_000);
  }
  if (state?.startedServices === true) await services.down(servicesDir);
  await rm(values.dir, { recursive: true, force: true });
}

async function status(): Promise<void> {
  const state = await readState();
  if (state === undefined) {
    reportOnStderr('no stack is up');
    process.exitCode = 1;
    return;
  }
  for (const [name, identity] of state.processes) {
    const condition = isRunning(identity) ? 'running' : 'gone';
    reportOnStderr(`${name.padEnd(20)} ${condition} (pid ${identity.pid})`);
    if (condition === 'gone') process.exitCode = 1;
  }
  console.log(JSON.stringify(state.endpoints));
}

try {
  const [command, ...rest] = positionals;
  if (rest.length > 0) throw new Error(usage);
  if (command === 'up') await up();
  else if (command === 'down') await down();
  else if (command === 'status') await status();
  else throw new Error(usage);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
