import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../../scripts/eventually.ts';
import { startKafka } from '../../brokers/kafka.ts';
import { npmPackages } from '../../brokers/npm-packages.ts';
import { openClientSession } from '../client-session.ts';
import { importKafka } from '../clients/kafka-library.ts';
import type { Design, Point } from '../design.ts';

interface Layout {
  /** That are there before any host is. */
  readonly topics: number;
  /** Of each. */
  readonly partitions: number;
  readonly hostsPerPartition: (point: Point) => number;
}

/** A topic for the VPC, which each host reads for itself. */
export const kafka = designOf('kafka', {
  ...{ topics: 100, partitions: 1 },
  hostsPerPartition: ({ hosts }) => hosts,
});

/** What was proposed for telling single hosts: topics of the hosts, ten of which read what is in their partition. */
export const kafkaHosts = designOf('kafka-hosts', {
  ...{ topics: 200, partitions: 50 },
  hostsPerPartition: () => 10,
});

const TOPICS_AT_ONCE = 20;
const MADE_WITHIN_MS = 300_000;

function designOf(name: string, { topics, partitions, hostsPerPartition }: Layout): Design {
  return {
    start: async ({ dir }) => {
      const packages = await npmPackages();
      const library = await importKafka(packages);
      const broker = await startKafka(join(dir, name));
      const admin = new library.Admin({ clientId: 'bench', bootstrapBrokers: [broker.url] });
      const made: { readonly id: string; readonly name: string }[] = [];
      while (made.length < topics) {
        const names = Array.from({ length: TOPICS_AT_ONCE }, (_, n) => `${name}-${made.length + n}`);
        made.push(...(await admin.createTopics({ topics: names, partitions, replicas: 1 })));
      }
      await admin.close();
      // What is made is told before the broker has got round to it.
      await eventually(
        `${topics * partitions} partitions`,
        async () => {
          const files = await readdir(broker.dataDirectory);
          return files.filter((file) => file.startsWith(`${name}-`)).length >= topics * partitions;
        },
        { timeoutMs: MADE_WITHIN_MS },
      );
      return {
        brokers: broker.processes,
        ports: broker.ports,
        open: (point) => {
          const perPartition = hostsPerPartition(point);
          // Hosts begin with the oldest message, so what a point has used is no other's.
          const used = made.splice(0, Math.ceil(point.hosts / (perPartition * partitions)));
          const target = {
            ...{ url: broker.url, packages },
            ...{ partitions: `${partitions}`, hostsPerPartition: `${perPartition}` },
            topics: used.map((topic) => topic.name).join(','),
            topicIds: used.map((topic) => topic.id).join(','),
          };
          return openClientSession({ design: name, dir, target, point });
        },
        stop: () => broker.stop(),
      };
    },
  };
}
