import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryCluster } from '../../adapters/memory/bus-cluster.ts';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { startPulsar } from '../../scripts/services/pulsar.ts';
import { describeBusContract } from './bus.ts';
import { expectExitAfterClose } from './bus-exit.ts';
import type { ClusterUnderTest } from './bus.ts';

describeBusContract('in the process', () => {
  const cluster = new MemoryCluster();
  return Promise.resolve({
    namespace: 'persistent://vpcast/contract',
    connect: () => Promise.resolve(cluster.openClient()),
    close: () => cluster.close(),
  });
});

describeBusContract('Pulsar', async (): Promise<ClusterUnderTest> => {
  const broker = await findBroker();
  const namespace = `bus-contract-${randomUUID().slice(0, 8)}`;
  const options = {
    name: 'contract',
    serviceUrl: broker.url,
    adminUrl: broker.adminUrl,
    namespaces: [{ name: namespace }],
  };
  return {
    namespace: `persistent://vpcast/${namespace}`,
    connect: () => openPulsarCluster(options),
    expectExitAfterClose: (topic) => expectExitAfterClose(options, topic),
    close: async () => {
      const path = `${broker.adminUrl}/admin/v2/namespaces/vpcast/${namespace}`;
      await fetch(path, { method: 'DELETE' });
      await broker.stop();
    },
  };
});

/** The one that the environment names, else one of our own. */
async function findBroker(): Promise<{ url: string; adminUrl: string; stop(): Promise<void> }> {
  const { VPCAST_PULSAR_URL: url, VPCAST_PULSAR_ADMIN_URL: adminUrl } = process.env;
  if (url !== undefined && adminUrl !== undefined) return { url, adminUrl, stop: () => Promise.resolve() };
  const dir = await mkdtemp(join(tmpdir(), 'vpcast-pulsar-'));
  const service = await startPulsar({ dir });
  return {
    url: service.url,
    adminUrl: service.adminUrl,
    stop: async () => {
      await service.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
