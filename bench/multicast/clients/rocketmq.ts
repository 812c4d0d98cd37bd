import { forEachOf } from '../../../local/pool.ts';
import { importPeer } from '../../brokers/npm-packages.ts';
import type { DesignClient } from '../client.ts';

/** What is used of `rocketmq-client-nodejs`. */
interface Rocket {
  readonly PushConsumer: new (options: ConsumerOptions) => { startup(): Promise<void> };
  readonly Producer: new (options: ClientOptions) => {
    startup(): Promise<void>;
    send(message: { readonly topic: string; readonly tag: string; readonly body: Buffer }): Promise<unknown>;
  };
  readonly ConsumeResult: { readonly SUCCESS: unknown };
}

interface ClientOptions {
  readonly endpoints: string;
  readonly namespace: string;
  readonly requestTimeout: number;
  readonly logger: Record<'info' | 'warn' | 'error', (...words: unknown[]) => void>;
}

interface ConsumerOptions extends ClientOptions {
  readonly consumerGroup: string;
  readonly subscriptions: ReadonlyMap<string, string>;
  readonly messageListener: { consume(message: { readonly body: Buffer }): Promise<unknown> };
}

const AT_ONCE = 16;

/** Each host is a group of its own and so gets everything with the VPC's tag. */
export const rocketClient: DesignClient = {
  attach: async (hosts) => {
    const { url = '', topic = '', tag = '', packages = '' } = hosts.target;
    const { PushConsumer, ConsumeResult } = await importPeer<Rocket>(packages, 'rocketmq-client-nodejs');
    await forEachOf(hosts.indexes.length, AT_ONCE, async (position) => {
      const host = hosts.indexes[position]!;
      const consumer = new PushConsumer({
        ...clientOptions(url),
        consumerGroup: groupOf(tag, host),
        subscriptions: new Map([[topic, tag]]),
        messageListener: {
          consume: ({ body }) => {
            hosts.received(host, body.toString());
            return Promise.resolve(ConsumeResult.SUCCESS);
          },
        },
      });
      await consumer.startup();
    });
  },
  openPublisher: async ({ target: { url = '', topic = '', tag = '', packages = '' } }) => {
    const { Producer } = await importPeer<Rocket>(packages, 'rocketmq-client-nodejs');
    const producer = new Producer(clientOptions(url));
    await producer.startup();
    return async (payload) => {
      await producer.send({ topic, tag, body: Buffer.from(payload) });
    };
  },
};

export function groupOf(tag: string, host: number): string {
  return `${tag}-host-${host}`;
}

function clientOptions(url: string): ClientOptions {
  const say = (...words: unknown[]): void => {
    process.stderr.write(`${words.join(' ')}\n`);
  };
  return {
    endpoints: url,
    namespace: '',
    requestTimeout: 30_000,
    logger: { info: () => undefined, warn: say, error: say },
  };
}
