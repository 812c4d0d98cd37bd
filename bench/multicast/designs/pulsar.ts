import { join } from 'node:path';
import { openPulsarCluster } from '../../../adapters/pulsar/cluster.ts';
import { startPulsar } from '../../../scripts/services/pulsar.ts';
import { ensureAddon } from '../../services.ts';
import { partitionsFor } from '../client.ts';
import { openClientSession } from '../client-session.ts';
import type { Design } from '../design.ts';

const TENANT = 'multicast';
const SUBSCRIPTION = 'hosts';

/** One message on each partition, which each of its hosts reads for itself. */
export const readers: Design = onPulsar('readers', []);
/** One message for each host, on one durable subscription that all of them share. */
export const copies: Design = onPulsar('copies', [SUBSCRIPTION]);

function onPulsar(design: string, subscriptions: readonly string[]): Design {
  return {
    start: async ({ dir }) => {
      ensureAddon();
      const broker = await startPulsar({ dir: join(dir, 'pulsar') });
      const cluster = await openPulsarCluster({
        name: 'main',
        serviceUrl: broker.url,
        adminUrl: broker.adminUrl,
        tenant: TENANT,
        // Retention in any case: a message that no durable subscription holds could be deleted under a reader.
        namespaces: [{ name: design, retentionMinutes: 30, autoSubscriptions: true }],
      });
      let topics = 0;
      return {
        brokers: [{ name: 'broker', pid: broker.pid }],
        ports: [Number(new URL(broker.url).port)],
        open: async (point) => {
          await cluster.admin.prepare();
          const topic = `persistent://${TENANT}/${design}/vpc-${topics++}`;
          await cluster.admin.ensureTopic(
            topic,
            partitionsFor(point.hosts, point.hostsPerPartition),
            subscriptions,
          );
          const target = { url: broker.url, topic, subscription: SUBSCRIPTION };
          return openClientSession({ design, dir, target, point });
        },
        stop: async () => {
          await cluster.close();
          await broker.stop();
        },
      };
    },
  };
}
