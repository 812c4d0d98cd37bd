import { importPeer } from '../../brokers/npm-packages.ts';
import { forEachOf } from '../../../local/pool.ts';
import { connectionOf } from '../client.ts';
import type { DesignClient } from '../client.ts';

/** What is used of `amqplib`. */
interface Amqp {
  connect(url: string): Promise<Connection>;
}

interface Connection {
  createChannel(): Promise<Channel>;
  createConfirmChannel(): Promise<ConfirmChannel>;
  on(event: 'error', listener: (error: Error) => void): void;
}

interface Delivery {
  readonly content: Buffer;
}

interface Channel {
  prefetch(count: number): Promise<unknown>;
  assertQueue(name: string, options: QueueOptions): Promise<unknown>;
  bindQueue(queue: string, exchange: string, key: string): Promise<unknown>;
  consume(queue: string, onMessage: (delivery: Delivery | null) => void): Promise<unknown>;
  ack(delivery: Delivery): void;
}

interface QueueOptions {
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly expires: number;
}

interface ConfirmChannel {
  publish(exchange: string, key: string, content: Buffer, options: object): boolean;
  waitForConfirms(): Promise<void>;
}

const AT_ONCE = 16;
const PREFETCH = 100;
/** Queues as OpenStack's services declare those of a fan-out. */
const QUEUE: QueueOptions = { durable: false, autoDelete: true, expires: 1_800_000 };

export const rabbitClient: DesignClient = {
  attach: async (hosts) => {
    const { url = '', exchange = '', packages = '' } = hosts.target;
    const amqp = await importPeer<Amqp>(packages, 'amqplib');
    const connections: Promise<Connection>[] = [];
    await forEachOf(hosts.indexes.length, AT_ONCE, async (position) => {
      const host = hosts.indexes[position]!;
      const connection = await (connections[connectionOf(position, hosts)] ??= amqp
        .connect(url)
        .then((opened) => {
          opened.on('error', hosts.fail);
          return opened;
        }));
      const channel = await connection.createChannel();
      await channel.prefetch(PREFETCH);
      const queue = `${exchange}-host-${host}`;
      await channel.assertQueue(queue, QUEUE);
      await channel.bindQueue(queue, exchange, '');
      await channel.consume(queue, (delivery) => {
        if (delivery === null) {
          hosts.fail(new Error(`the broker ended the subscription of ${queue}`));
          return;
        }
        hosts.received(host, delivery.content.toString());
        channel.ack(delivery);
      });
    });
  },
  openPublisher: async ({ target: { url = '', exchange = '', packages = '' } }) => {
    const amqp = await importPeer<Amqp>(packages, 'amqplib');
    const channel = await (await amqp.connect(url)).createConfirmChannel();
    return async (payload) => {
      channel.publish(exchange, '', Buffer.from(payload), {});
      await channel.waitForConfirms();
    };
  },
};
