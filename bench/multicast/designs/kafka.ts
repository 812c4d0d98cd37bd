import { join } from 'node:path';
import { startKafka } from '../../brokers/kafka.ts';
import { npmPackages } from '../../brokers/npm-packages.ts';
import { importKafka } from '../clients/kafka-library.ts';
import { openClientSession } from '../client-session.ts';
import type { Design } from '../design.ts';

/** A topic for the VPC, which each host reads for itself. */
export const kafka: Design = {
  start: async ({ dir }) => {
    const packages = await npmPackages();
    const library = await importKafka(packages);
    const broker = await startKafka(join(dir, 'kafka'));
    let topics = 0;
    return {
      brokers: broker.processes,
      ports: broker.ports,
      open: async (point) => {
        const topic = `vpc-${topics++}`;
        const admin = new library.Admin({ clientId: 'bench', bootstrapBrokers: [broker.url] });
        const [made] = await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 });
        await admin.close();
        if (made === undefined) throw new Error('Kafka made no topic');
        const target = { url: broker.url, topic, topicId: made.id, packages };
        return openClientSession({ design: 'kafka', dir, target, point });
      },
      stop: () => broker.stop(),
    };
  },
};
