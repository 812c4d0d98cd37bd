import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../scripts/eventually.ts';
import { runCommand } from '../../scripts/services/command.ts';
import { taskPool } from '../../scripts/services/java.ts';
import { ServiceProcess } from '../../scripts/services/service-process.ts';
import { Cleanup } from '../cleanup.ts';
import { isListenedOn } from '../connections.ts';
import type { Broker } from './broker.ts';
import { mavenLibraries } from './maven.ts';
import { openOwnNetwork } from './own-network.ts';
import { peerVersions } from './versions.ts';

export interface RocketBroker extends Broker {
  /** Its clients run behind this: it has a network of its own. */
  readonly launcher: readonly string[];
  makeTopics(names: readonly string[]): Promise<void>;
  /** A proxy in the broker's process knows only groups that were made before. */
  makeGroups(names: readonly string[]): Promise<void>;
}

const PACKAGE = 'org.apache.rocketmq';
const MODULES = [
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
  '--add-opens=java.base/java.nio=ALL-UNNAMED',
  '--add-exports=java.base/sun.nio.ch=ALL-UNNAMED',
  '--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED',
];
/** Those of the documentation; nobody else is in that network. */
const NAMES_PORT = 9_876;
const BROKER_PORT = 10_911;
const PROXY_PORT = 8_081;
const NAMES = `127.0.0.1:${NAMES_PORT}`;
const CLUSTER = 'bench';
const MADE_AT_ONCE = 250;
const MADE_WITHIN_MS = 60_000;
const READ_AND_WRITE = 6;

/** Name server, and broker with its proxy in the same process, which saves a hop. */
export async function startRocket(dir: string): Promise<RocketBroker> {
  const { rocketmq: version } = peerVersions().maven;
  const classPath = await mavenLibraries({
    name: 'rocketmq',
    group: PACKAGE,
    artifacts: ['namesrv', 'broker', 'proxy', 'tools'].map((part) => `rocketmq-${part}`),
    version,
  });
  await mkdir(dir, { recursive: true });
  const settings = await writeSettings(dir);
  const cleanup = new Cleanup();
  try {
    const network = cleanup.add(await openOwnNetwork(dir), (opened) => opened.stop());
    const [command, ...launch] = network.launcher;
    const env = { ...process.env, ROCKETMQ_HOME: dir };
    const java = (memory: readonly string[], name: string, args: readonly string[]): string[] => [
      ...[...launch, 'java', ...memory, ...taskPool(), ...MODULES, `-Duser.home=${dir}`, '-cp', classPath],
      ...[`${PACKAGE}.${name}`, ...args],
    ];
    const start = async (name: string, args: readonly string[], port: number): Promise<ServiceProcess> =>
      cleanup.add(
        await new ServiceProcess(
          {
            ...{ name: `RocketMQ's ${name}`, command, args, cwd: dir, env },
            logFile: join(dir, `${name}.log`),
            isHealthy: () => Promise.resolve(isListenedOn(network.pid, port)),
            startTimeoutMs: 120_000,
            stopTimeoutMs: 30_000,
          },
          'owned',
        ).start(),
        (started) => started.stop(),
      );
    const names = await start('names', java(['-Xmx256m'], 'namesrv.NamesrvStartup', []), NAMES_PORT);
    const broker = await start(
      'broker',
      java(['-Xms512m', '-Xmx2g', '-XX:MaxDirectMemorySize=1g'], 'proxy.ProxyStartup', settings),
      PROXY_PORT,
    );
    const administer = async (...args: string[]): Promise<void> => {
      const words = [...args, '-n', NAMES, '-c', CLUSTER];
      await runCommand(command, java(['-Xmx256m'], 'tools.command.MQAdminStartup', words), { cwd: dir, env });
    };
    const make = async (
      command: string,
      keptIn: string,
      all: readonly string[],
      describe: (name: string) => object,
    ): Promise<void> => {
      const file = join(dir, `${command}.json`);
      for (let from = 0; from < all.length; from += MADE_AT_ONCE) {
        const some = all.slice(from, from + MADE_AT_ONCE);
        await writeFile(file, JSON.stringify(some.map(describe)));
        const areKept = async (): Promise<boolean> => {
          // There is no file before there is something to keep.
          const kept = await readFile(join(dir, 'store/config', keptIn), 'utf8').catch(() => '');
          return some.every((name) => kept.includes(JSON.stringify(name)));
        };
        // The command ends well also where no broker is known yet, or none answered it in time.
        await eventually(
          `${command} of ${some.length}`,
          async () => {
            if (await areKept()) return true;
            await administer(command, '-f', file);
            return areKept();
          },
          { timeoutMs: MADE_WITHIN_MS },
        );
      }
    };
    return {
      url: `127.0.0.1:${PROXY_PORT}`,
      processes: [broker, names].map(({ pid }) => ({ name: 'broker', pid })),
      ports: [PROXY_PORT],
      launcher: network.launcher,
      makeTopics: (topics) =>
        make('updateTopicList', 'topics.json', topics, (topicName) => ({
          ...{ topicName, readQueueNums: 1, writeQueueNums: 1, perm: READ_AND_WRITE },
        })),
      makeGroups: (groups) =>
        make('updateSubGroupList', 'subscriptionGroup.json', groups, (groupName) => ({ groupName })),
      stop: () => cleanup.run(),
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

/** The arguments that name the files. */
async function writeSettings(dir: string): Promise<string[]> {
  const broker = {
    brokerClusterName: CLUSTER,
    brokerName: 'bench',
    brokerIP1: '127.0.0.1',
    brokerIP2: '127.0.0.1',
    namesrvAddr: NAMES,
    listenPort: String(BROKER_PORT),
    storePathRootDir: join(dir, 'store'),
    // Without it a file of a gigabyte is made at the start.
    mappedFileSizeCommitLog: String(64 << 20),
  };
  const proxy = { rocketMQClusterName: CLUSTER, localServeAddr: '127.0.0.1', grpcServerPort: PROXY_PORT };
  const brokerFile = join(dir, 'broker.conf');
  const proxyFile = join(dir, 'proxy.json');
  const lines = Object.entries(broker).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(brokerFile, lines.join(''));
  await writeFile(proxyFile, JSON.stringify(proxy));
  return ['-pm', 'local', '-n', NAMES, '-bc', brokerFile, '-pc', proxyFile];
}
