import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { subscriptions, topicNames } from '../../core/placement/topics.ts';
import { until } from '../../local/until.ts';
import type { ServiceUrls } from '../../scripts/services/up.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import type { Program } from '../../scripts/stack/deployment.ts';
import { Cleanup } from '../cleanup.ts';
import type { Surroundings } from '../experiment.ts';
import { LargeVpc } from './large-vpc.ts';
import type { SplitOptions } from './options.ts';

export interface Deployed {
  readonly infraNodes: readonly Program[];
  readonly vpc: LargeVpc;
  /** Resolves when so many nodes take chunks, as the broker knows. */
  untilTaking(infraNodes: number): Promise<void>;
  stop(): Promise<void>;
}

const START_MS = 30_000;
/** As by default, where there are hosts enough. */
const SPLIT_ABOVE = 1_000;

/** A server and so many infrastructure nodes, all of them new, with a large VPC. */
export async function deploy(
  name: string,
  infraNodes: number,
  { hosts, chunkHosts }: SplitOptions,
  services: ServiceUrls,
  surroundings: Surroundings,
): Promise<Deployed> {
  const cleanup = surroundings.cleanup.add(new Cleanup(), (own) => own.run());
  const topics = topicNames(`bench-${randomUUID().slice(0, 8)}`);
  return surroundings.once(`${name}: server, infra-nodes, VPC`, async () => {
    const dir = join(surroundings.dir, name);
    await mkdir(dir, { recursive: true });
    const env = {
      // One copy for each host, and nobody who reports.
      ...{ VPCAST_FAN_OUT_HOSTS: '0', VPCAST_WINDOW_BUDGET: '0' },
      VPCAST_SPLIT_ABOVE: String(Math.min(SPLIT_ABOVE, Math.ceil(hosts / 2))),
      VPCAST_CHUNK_HOSTS: String(chunkHosts),
    };
    const deployment = cleanup.add(
      await startDeployment({ dir, services, hosts: [], infraNodes, name: topics.tenant, env }),
      (started) => started.stop(),
    );
    const { pulsarUrl: serviceUrl, pulsarAdminUrl: adminUrl, redisUrl: url } = services;
    const store = openRedisStore({ url, cluster: false, keyPrefix: `${topics.tenant}:` });
    cleanup.add(store, (opened) => opened.close());
    const cluster = await openPulsarCluster({ name: 'main', serviceUrl, adminUrl });
    cleanup.add(cluster, (opened) => opened.close());
    const untilTaking = (count: number): Promise<void> =>
      until(async () => {
        const stats = await cluster.admin.topicStats(topics.chunks);
        return stats?.subscriptions[subscriptions.infra]?.consumers.length === count;
      }, START_MS);
    await untilTaking(infraNodes);
    const vpc = await LargeVpc.make({ store, cluster, topics, hosts });
    return { infraNodes: deployment.infraNodes, vpc, untilTaking, stop: () => cleanup.run() };
  });
}
