import type Pulsar from 'pulsar-client';
import { readHeader } from '../../adapters/pulsar/header.ts';
import { decodeHeader } from '../../core/codec/envelope.ts';
import type { Lane } from '../../core/model/resources.ts';
import { SLOT_COUNT } from '../../core/placement/slots.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import { openClient, partitionName } from '../multicast/clients/pulsar-connections.ts';

const RECEIVE_QUEUE = 1_000;

/** Takes what lies in all slots of a VPC, and counts the hosts that have a range. */
export class CountingHosts {
  readonly #client: Pulsar.Client;
  readonly #consumers: Pulsar.Consumer[] = [];
  /** Revision -> host -> copies that end there. */
  readonly #copies = new Map<number, Map<string, number>>();
  #lastAtMs = 0;

  private constructor(url: string) {
    this.#client = openClient(url);
  }

  static async listen(url: string, { topic, partitions }: Lane): Promise<CountingHosts> {
    const hosts = new CountingHosts(url);
    for (let partition = 0; partition < partitions; partition++) {
      const consumer = await hosts.#client.subscribe({
        topic: partitionName(topic, partition),
        subscription: subscriptions.hosts,
        subscriptionType: 'KeyShared',
        keySharedPolicy: { keyShareMode: 'Sticky', stickyRanges: [{ start: 0, end: SLOT_COUNT - 1 }] },
        subscriptionInitialPosition: 'Earliest',
        receiverQueueSize: RECEIVE_QUEUE,
        listener: (message, self) => {
          hosts.#took(readHeader(message));
          // What is not acknowledged is left to the broker, which goes with the run.
          self.acknowledge(message).catch(() => undefined);
        },
      });
      hosts.#consumers.push(consumer);
    }
    return hosts;
  }

  /** When the last copy came in, of any range; `performance.now()`. */
  get lastAtMs(): number {
    return this.#lastAtMs;
  }

  /** Hosts that have everything through the revision. */
  reached(revision: number): number {
    return this.#copies.get(revision)?.size ?? 0;
  }

  /** Copies that told their host nothing, since it had the same range before. */
  repeated(revision: number): number {
    let repeated = 0;
    for (const count of this.#copies.get(revision)?.values() ?? []) repeated += count - 1;
    return repeated;
  }

  async close(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.close()));
    await this.#client.close();
  }

  #took(properties: Readonly<Record<string, string>>): void {
    const header = decodeHeader(properties);
    if (header.kind !== 'changes') return;
    let hosts = this.#copies.get(header.to);
    if (hosts === undefined) this.#copies.set(header.to, (hosts = new Map<string, number>()));
    hosts.set(header.host, (hosts.get(header.host) ?? 0) + 1);
    this.#lastAtMs = performance.now();
  }
}
