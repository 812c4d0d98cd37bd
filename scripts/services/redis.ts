// A real Redis on loopback: one server, or one node of a cluster.
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Report, reportOnStderr } from './progress.ts';
import { redisCommand } from './redis-command.ts';
import { redisProgram } from './redis-program.ts';
import { portsOf } from './saved-ports.ts';
import { type Lifetime, type ServiceDefinition, ServiceProcess } from './service-process.ts';

export interface RedisOptions {
  /** Data, log and ports; a directory used before brings its keys back on the same port. */
  readonly dir: string;
  /** What a write may lose to a crash of the machine: the last second, or with `always` nothing. */
  readonly appendfsync?: 'everysec' | 'always';
  /** Instead of a free one. */
  readonly port?: number;
  /** As a cluster node, for now without slots or neighbours. */
  readonly cluster?: boolean;
  readonly lifetime?: Lifetime;
  readonly report?: Report;
}

export class RedisService extends ServiceProcess {
  readonly port: number;
  /** Where the nodes of a cluster talk to each other. */
  readonly busPort: number;

  constructor(definition: ServiceDefinition, lifetime: Lifetime, port: number, busPort: number) {
    super(definition, lifetime);
    this.port = port;
    this.busPort = busPort;
  }

  /** redis://host:port */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }
}

export async function redisIsHealthy(port: number): Promise<boolean> {
  return (await redisCommand(port, 'PING')) === 'PONG';
}

export async function startRedis(options: RedisOptions): Promise<RedisService> {
  const { appendfsync = 'everysec', lifetime = 'owned', report = reportOnStderr } = options;
  const dir = resolve(options.dir);
  const program = await redisProgram(report);
  const data = join(dir, 'data');
  await mkdir(data, { recursive: true });
  const [freePort, busPort] = (await portsOf(dir, 2)) as [number, number];
  const port = options.port ?? freePort;
  const cluster = [
    ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', '2000'],
    ...['--cluster-port', String(busPort)],
  ];
  const service = new RedisService(
    {
      name: 'Redis',
      command: program.command,
      args: [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', data, '--daemonize', 'no'],
        ...['--appendonly', 'yes', '--appendfsync', appendfsync, '--save', ''],
        ...(options.cluster === true ? cluster : []),
      ],
      cwd: dir,
      env: program.env,
      logFile: join(dir, 'redis.log'),
      isHealthy: () => redisIsHealthy(port),
      startTimeoutMs: 20_000,
      stopTimeoutMs: 10_000,
    },
    lifetime,
    port,
    busPort,
  );
  return service.start();
}
