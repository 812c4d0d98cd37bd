import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../scripts/free-ports.ts';
import { ServiceProcess } from '../../scripts/services/service-process.ts';
import { accepts } from './accepts.ts';
import type { Broker } from './broker.ts';
import { rabbitProgram } from './rabbitmq-program.ts';

/** A node of RabbitMQ on loopback, without plugins, and the port mapper that Erlang wants beside it. */
export async function startRabbit(dir: string): Promise<Broker> {
  const { server, epmd, erlang } = await rabbitProgram();
  await mkdir(dir, { recursive: true });
  const [port, epmdPort, distributionPort] = (await freePorts(3)) as [number, number, number];
  const env = {
    ...process.env,
    // For the cookie that Erlang writes there.
    HOME: dir,
    PATH: `${erlang}:${process.env['PATH'] ?? ''}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmdPort),
  };
  const service = { cwd: dir, startTimeoutMs: 120_000, stopTimeoutMs: 20_000 };
  // Started here, since the one that RabbitMQ would start itself would stay behind.
  const mapper = await new ServiceProcess(
    {
      ...service,
      name: 'epmd',
      command: epmd,
      args: ['-address', '127.0.0.1', '-port', String(epmdPort)],
      env,
      logFile: join(dir, 'epmd.log'),
      isHealthy: () => accepts(epmdPort),
    },
    'owned',
  ).start();
  await writeFile(join(dir, 'enabled_plugins'), '[].\n');
  await writeFile(join(dir, 'rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${port}\n`);
  try {
    const rabbit = await new ServiceProcess(
      {
        ...service,
        name: 'RabbitMQ',
        command: server,
        args: [],
        env: {
          ...env,
          RABBITMQ_NODENAME: 'rabbit@localhost',
          RABBITMQ_DIST_PORT: String(distributionPort),
          RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
          RABBITMQ_LOG_BASE: join(dir, 'logs'),
          RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq.conf'),
          RABBITMQ_CONF_ENV_FILE: join(dir, 'rabbitmq-env.conf'),
          RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
          RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
          // Makes the script replace itself with the server, so that its process is the server's.
          RUNNING_UNDER_SYSTEMD: 'true',
        },
        logFile: join(dir, 'console.log'),
        isHealthy: () => accepts(port),
      },
      'owned',
    ).start();
    return {
      url: `amqp://guest:guest@127.0.0.1:${port}`,
      processes: [{ name: 'broker', pid: rabbit.pid }],
      ports: [port],
      stop: async () => {
        await rabbit.stop();
        await mapper.stop();
      },
    };
  } catch (error) {
    await mapper.stop();
    throw error;
  }
}
