// A real Pulsar broker with its bookie and metadata store in one process, on loopback.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { taskPool } from './java.ts';
import { type Report, reportOnStderr } from './progress.ts';
import { checkJava, pulsarDistribution } from './pulsar-distribution.ts';
import { portsOf } from './saved-ports.ts';
import { type Lifetime, type ServiceDefinition, ServiceProcess } from './service-process.ts';

export interface PulsarOptions {
  /** Data, logs, configuration and ports; a directory used before brings its topics back on the same ports. */
  readonly dir: string;
  /** Settings of standalone.conf that differ from the ones below. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The JVM's memory flags. */
  readonly memory?: string;
  /** How long it may take to become healthy; 90 seconds unless given. */
  readonly startTimeoutMs?: number;
  readonly lifetime?: Lifetime;
  readonly report?: Report;
}

export class PulsarService extends ServiceProcess {
  /** For clients: pulsar://host:port. */
  readonly url: string;
  /** For the admin REST API: http://host:port. */
  readonly adminUrl: string;

  constructor(definition: ServiceDefinition, lifetime: Lifetime, url: string, adminUrl: string) {
    super(definition, lifetime);
    this.url = url;
    this.adminUrl = adminUrl;
  }
}

const defaultMemory = '-Xms512m -Xmx1g -XX:MaxDirectMemorySize=1g';

// Key_Shared look-ahead limits stay at the defaults on purpose: a user's broker has those.
const defaultSettings = {
  bindAddress: '127.0.0.1',
  // The bookie knows no bind address, only an interface; and it takes a port of ours only when any will do.
  listeningInterface: process.platform === 'linux' ? 'lo' : 'lo0',
  allowEphemeralPorts: 'true',
  // A topic that nobody created is a mistake; a subscription is what a client asks for.
  allowAutoTopicCreation: 'false',
  allowAutoSubscriptionCreation: 'true',
  brokerDeleteInactiveTopicsEnabled: 'false',
  forceDeleteNamespaceAllowed: 'true',
  // Readers hold nothing back from deletion, so retention is what keeps a message for one that is away.
  defaultRetentionTimeInMinutes: '30',
  defaultRetentionSizeInMB: '512',
  webSocketServiceEnabled: 'false',
};

function applySettings(configuration: string, settings: Readonly<Record<string, string>>): string {
  const kept = configuration.split('\n').filter((line) => !(line.split('=', 1)[0]!.trim() in settings));
  const added = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return [...kept, ...added, ''].join('\n');
}

/** Whether the broker serves clients and the namespace public/default exists. */
export async function pulsarIsHealthy(adminUrl: string): Promise<boolean> {
  const get = (path: string) => fetch(`${adminUrl}/admin/v2/${path}`, { signal: AbortSignal.timeout(5_000) });
  // The broker answers its health check a little before the standalone set-up has made the namespace.
  const namespace = await get('namespaces/public/default');
  await namespace.body?.cancel();
  return namespace.ok && (await (await get('brokers/health')).text()) === 'ok';
}

export async function startPulsar(options: PulsarOptions): Promise<PulsarService> {
  const { settings = {}, memory = defaultMemory, lifetime = 'owned', report = reportOnStderr } = options;
  const { startTimeoutMs = 90_000 } = options;
  const dir = resolve(options.dir); // the broker runs in it, so a relative path would mean another place there
  await checkJava();
  const home = await pulsarDistribution(report);
  const logs = join(dir, 'logs');
  await mkdir(logs, { recursive: true });
  const [brokerPort, adminPort, bookiePort] = (await portsOf(dir, 3)) as [number, number, number];
  const configuration = join(dir, 'standalone.conf');
  const template = await readFile(join(home, 'conf', 'standalone.conf'), 'utf8');
  const ports = { brokerServicePort: String(brokerPort), webServicePort: String(adminPort) };
  await writeFile(configuration, applySettings(template, { ...defaultSettings, ...ports, ...settings }));
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const service = new PulsarService(
    {
      name: 'Pulsar',
      command: join(home, 'bin', 'pulsar'),
      args: [
        ...['standalone', '--no-functions-worker', '--no-stream-storage'],
        ...['--advertised-address', '127.0.0.1', '--bookkeeper-port', String(bookiePort)],
        ...['--metadata-dir', join(dir, 'data', 'metadata')],
        ...['--bookkeeper-dir', join(dir, 'data', 'bookkeeper')],
      ],
      cwd: dir,
      env: {
        ...process.env,
        PULSAR_STANDALONE_CONF: configuration,
        PULSAR_STANDALONE_USE_ZOOKEEPER: '0',
        PULSAR_LOG_DIR: logs,
        PULSAR_MEM: [memory, ...taskPool()].join(' '),
      },
      logFile: join(logs, 'console.log'),
      isHealthy: () => pulsarIsHealthy(adminUrl),
      startTimeoutMs,
      stopTimeoutMs: 20_000,
    },
    lifetime,
    `pulsar://127.0.0.1:${brokerPort}`,
    adminUrl,
  );
  return service.start();
}
