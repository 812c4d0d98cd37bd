import type { DesignClient } from '../client.ts';

/** Each is loaded by the processes that need it, since each has a client library of its own. */
export const clients: ReadonlyMap<string, () => Promise<DesignClient>> = new Map([
  ['readers', async () => (await import('./readers.ts')).readersClient],
  ['copies', async () => (await import('./copies.ts')).copiesClient],
  ['rabbitmq', async () => (await import('./rabbitmq.ts')).rabbitClient],
  ['kafka', async () => (await import('./kafka.ts')).kafkaClient],
  ['kafka-hosts', async () => (await import('./kafka.ts')).kafkaClient],
  ['rocketmq', async () => (await import('./rocketmq.ts')).rocketClient],
]);
