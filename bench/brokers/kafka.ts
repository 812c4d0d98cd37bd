import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../scripts/free-ports.ts';
import { runCommand } from '../../scripts/services/command.ts';
import { taskPool } from '../../scripts/services/java.ts';
import { ServiceProcess } from '../../scripts/services/service-process.ts';
import { accepts } from './accepts.ts';
import type { Broker } from './broker.ts';
import { mavenLibraries } from './maven.ts';
import { peerVersions } from './versions.ts';

const MEMORY = ['-Xms512m', '-Xmx1g'];
/** Any will do: it is alone. */
const CLUSTER_ID = 'vpcastbenchvpcastbench';

export interface KafkaBroker extends Broker {
  /** With a directory for each partition. */
  readonly dataDirectory: string;
}

/** One node of Kafka, broker and controller in one, on loopback. */
export async function startKafka(dir: string): Promise<KafkaBroker> {
  const version = peerVersions().maven.kafka;
  const classPath = await mavenLibraries({
    name: 'kafka',
    group: 'org.apache.kafka',
    artifacts: ['kafka_2.13'],
    version,
  });
  await mkdir(dir, { recursive: true });
  const [port, controllerPort] = (await freePorts(2)) as [number, number];
  const file = join(dir, 'server.properties');
  await writeFile(file, properties(dir, port, controllerPort));
  const java = ['-cp', classPath];
  await runCommand(
    'java',
    [...java, 'kafka.tools.StorageTool', 'format', '--standalone', '-t', CLUSTER_ID, '-c', file],
    { cwd: dir },
  );
  const service = await new ServiceProcess(
    {
      name: 'Kafka',
      command: 'java',
      args: [...MEMORY, ...taskPool(), ...java, 'kafka.Kafka', file],
      cwd: dir,
      env: process.env,
      logFile: join(dir, 'console.log'),
      isHealthy: () => accepts(port),
      startTimeoutMs: 120_000,
      stopTimeoutMs: 20_000,
    },
    'owned',
  ).start();
  return {
    url: `127.0.0.1:${port}`,
    processes: [{ name: 'broker', pid: service.pid }],
    ports: [port],
    stop: () => service.stop(),
    dataDirectory: join(dir, 'data'),
  };
}

function properties(dir: string, port: number, controllerPort: number): string {
  const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`;
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners,
    'advertised.listeners': listeners,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(dir, 'data'),
    // There is one node only.
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'auto.create.topics.enable': 'false',
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
