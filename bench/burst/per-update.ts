import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { forEachOf } from '../../local/pool.ts';
import { openClientSession } from '../multicast/client-session.ts';
import { monotonicMs } from '../monotonic.ts';
import type { Surroundings } from '../experiment.ts';
import type { BenchServices } from '../services.ts';
import type { BurstOptions } from './options.ts';

const TENANT = 'burst';
const NAMESPACE = 'per-update';
const SUBSCRIPTION = 'hosts';
const HOSTS_PER_PARTITION = 1_000;
/** Updates that are sent side by side; the producers' queues keep the broker busy meanwhile. */
const AT_ONCE = 8;
const WARM_UP = 20;
const PATIENCE_MS = 900_000;

/**
 * Seconds that it takes to send one message for each update and each host, with a bare client: sticky copies, 512 bytes
 * each, received, decoded and acknowledged, but applied nowhere.
 */
export async function burstPerUpdate(
  { ports, hosts, processes, clients }: BurstOptions,
  { urls }: BenchServices,
  surroundings: Surroundings,
): Promise<number> {
  const dir = join(surroundings.dir, NAMESPACE);
  await mkdir(dir, { recursive: true });
  const cluster = surroundings.cleanup.add(
    await openPulsarCluster({
      ...{ name: 'main', serviceUrl: urls.pulsarUrl, adminUrl: urls.pulsarAdminUrl, tenant: TENANT },
      namespaces: [{ name: NAMESPACE, autoSubscriptions: true }],
    }),
    (opened) => opened.close(),
  );
  await cluster.admin.prepare();
  const topic = `persistent://${TENANT}/${NAMESPACE}/vpc`;
  await cluster.admin.ensureTopic(topic, Math.ceil(hosts / HOSTS_PER_PARTITION), [SUBSCRIPTION]);
  const session = surroundings.cleanup.add(
    await openClientSession({
      ...{ design: 'copies', dir, target: { url: urls.pulsarUrl, topic, subscription: SUBSCRIPTION } },
      point: {
        ...{ hosts, processes, hostsPerPartition: HOSTS_PER_PARTITION },
        hostsPerConnection: Math.ceil(hosts / clients),
      },
    }),
    (opened) => opened.close(),
  );
  const send = async (from: number, count: number): Promise<void> => {
    await forEachOf(count, AT_ONCE, async (n) => {
      surroundings.signal.throwIfAborted();
      await session.publish(from + n);
    });
    for (let n = from; n < from + count; n++) {
      const { hosts: reached } = await session.untilReceived(n, PATIENCE_MS);
      if (reached < hosts) throw new Error(`update ${n} reached ${reached} of ${hosts} hosts`);
    }
  };
  await send(0, WARM_UP);
  const beganAtMs = monotonicMs();
  await send(WARM_UP, ports);
  const seconds = (monotonicMs() - beganAtMs) / 1_000;
  await session.close();
  return seconds;
}
