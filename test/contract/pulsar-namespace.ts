import { randomUUID } from 'node:crypto';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { NamespacePolicy } from '../../core/messaging/port.ts';
import { realServices } from '../support/real-services.ts';

/** A namespace of the broker under test for one suite alone, and the clients that the suite opens on it. */
export class PulsarNamespace {
  readonly #policy: NamespacePolicy;
  readonly #opened: PulsarCluster[] = [];

  constructor(prefix: string, policy: Omit<NamespacePolicy, 'name'> = {}) {
    this.#policy = { ...policy, name: `${prefix}-${randomUUID().slice(0, 8)}` };
  }

  topic(name: string): string {
    return `persistent://vpcast/${this.#policy.name}/${name}`;
  }

  async open(serviceUrl = realServices().pulsarUrl): Promise<PulsarCluster> {
    const adminUrl = realServices().pulsarAdminUrl;
    const cluster = await openPulsarCluster({
      ...{ name: 'one', serviceUrl, adminUrl },
      namespaces: [this.#policy],
    });
    this.#opened.push(cluster);
    return cluster;
  }

  /** The broker lets go of the first partition, and disconnects everybody from it. */
  async unload(name: string): Promise<void> {
    await this.#admin(`persistent/vpcast/${this.#policy.name}/${name}-partition-0/unload`, 'PUT');
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((cluster) => cluster.close()));
    await this.#admin(`namespaces/vpcast/${this.#policy.name}`, 'DELETE');
  }

  async #admin(path: string, method: string): Promise<void> {
    await fetch(`${realServices().pulsarAdminUrl}/admin/v2/${path}`, { method });
  }
}
