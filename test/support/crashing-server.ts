// A control service whose process kills itself at a call that it makes to the store or to the bus. Its parent says
// which: `{ method, nth, moment }`, counted from when it says so.
import { openClusters, openStore } from '../../adapters/backing/open.ts';
import { createLogger } from '../../adapters/process/logger.ts';
import { systemClock } from '../../core/clock.ts';
import { topicNames } from '../../core/placement/topics.ts';
import { readServerConfig } from '../../server/config.ts';
import { startServer } from '../../server/start.ts';
import { intercept } from './intercept.ts';

export interface KillPoint {
  readonly method: string;
  readonly nth: number;
  readonly moment: 'before' | 'after';
}

let point: KillPoint | undefined;
let seen = 0;

function dying<T extends object>(target: T): T {
  return intercept(target, async (method, call) => {
    const isPoint = point?.method === method && ++seen === point.nth;
    if (isPoint && point?.moment === 'before') process.kill(process.pid, 'SIGKILL');
    const result = await (call() as Promise<unknown>);
    if (isPoint) process.kill(process.pid, 'SIGKILL');
    return result;
  });
}

const config = readServerConfig(process.env, []);
const logger = createLogger({ name: 'server', level: 'silent' });
const topics = topicNames(config.tenant);
const pool = openClusters({
  access: config.pulsar,
  tenant: config.tenant,
  namespaces: topics.namespaces,
  logger,
});
const clusters = await pool.openAll(config.pulsar.clusters);
const server = await startServer(
  {
    store: dying(openStore(config.redis)),
    clusters: new Map(
      [...clusters].map(([name, { bus, admin, serviceUrl }]) => [
        name,
        { name, bus: dying(bus), admin: dying(admin), serviceUrl },
      ]),
    ),
    topics,
    workPartitions: config.workPartitions,
    statusPartitions: config.statusPartitions,
    limits: { hostsPerPartition: config.hostsPerPartition, maxPartitions: config.maxPartitions },
    clock: systemClock,
    logger,
  },
  { address: '127.0.0.1:0' },
);
await server.prepared;
process.on('message', (message) => {
  point = message as KillPoint;
  seen = 0;
  process.send?.({ armed: true });
});
process.send?.({ port: server.port });
