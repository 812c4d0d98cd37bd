import { join } from 'node:path';
import { importPeer, npmPackages } from '../../brokers/npm-packages.ts';
import { startRabbit } from '../../brokers/rabbitmq.ts';
import { openClientSession } from '../client-session.ts';
import type { Design } from '../design.ts';

interface Amqp {
  connect(url: string): Promise<{
    createChannel(): Promise<{
      assertExchange(name: string, type: 'fanout', options: { durable: boolean }): Promise<unknown>;
    }>;
    close(): Promise<void>;
  }>;
}

/** A fan-out exchange with a queue for each host: what OpenStack uses, without its library. */
export const rabbitmq: Design = {
  start: async ({ dir }) => {
    const packages = await npmPackages();
    const amqp = await importPeer<Amqp>(packages, 'amqplib');
    const broker = await startRabbit(join(dir, 'rabbitmq'));
    let exchanges = 0;
    return {
      brokers: broker.processes,
      ports: broker.ports,
      open: async (point) => {
        const exchange = `vpc-${exchanges++}`;
        const connection = await amqp.connect(broker.url);
        await (await connection.createChannel()).assertExchange(exchange, 'fanout', { durable: false });
        await connection.close();
        return openClientSession({
          design: 'rabbitmq',
          dir,
          target: { url: broker.url, exchange, packages },
          point,
        });
      },
      stop: () => broker.stop(),
    };
  },
};
