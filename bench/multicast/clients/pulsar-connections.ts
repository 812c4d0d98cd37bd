import Pulsar from 'pulsar-client';

/** Clients, and so connections, that the hosts of a process share. */
export class PulsarConnections {
  readonly #url: string;
  readonly #clients: Pulsar.Client[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  get(n: number): Pulsar.Client {
    return (this.#clients[n] ??= openClient(this.#url));
  }
}

export function openClient(serviceUrl: string): Pulsar.Client {
  return new Pulsar.Client({
    serviceUrl,
    operationTimeoutSeconds: 60,
    ioThreads: 1,
    messageListenerThreads: 1,
    logLevel: Pulsar.LogLevel.WARN,
  });
}

export async function openProducer(
  client: Pulsar.Client,
  topic: string,
  partition: number,
): Promise<Pulsar.Producer> {
  return client.createProducer({
    topic: partitionName(topic, partition),
    batchingEnabled: false,
    blockIfQueueFull: false,
    maxPendingMessages: 100_000,
  });
}

export function partitionName(topic: string, partition: number): string {
  return `${topic}-partition-${partition}`;
}
