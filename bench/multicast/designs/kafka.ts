import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../../scripts/eventually.ts';
import { startKafka } from '../../brokers/kafka.ts';
import type { KafkaBroker } from '../../brokers/kafka.ts';
import { npmPackages } from '../../brokers/npm-packages.ts';
import { Cleanup } from '../../cleanup.ts';
import { partitionsFor } from '../client.ts';
import { openClientSession } from '../client-session.ts';
import { importKafka } from '../clients/kafka-library.ts';
import type { KafkaTopic } from '../clients/kafka-library.ts';
import type { Carrier, Design, DesignSurroundings, Point } from '../design.ts';

interface Layout {
  readonly name: string;
  /** Of each topic. */
  readonly partitions: number;
  readonly hostsPerPartition: (point: Point) => number;
}

/** A topic for the VPC, which each host reads for itself. */
export const kafka = designOf({
  ...{ name: 'kafka', partitions: 1 },
  hostsPerPartition: ({ hosts }) => hosts,
});

/** What was proposed for telling single hosts: topics of the hosts, ten of which read what is in their partition. */
export const kafkaHosts = designOf({
  ...{ name: 'kafka-hosts', partitions: 50 },
  hostsPerPartition: () => 10,
});

/** As many as were proposed. */
const TOPICS = 200;
const TOPICS_AT_ONCE = 20;
const MADE_WITHIN_MS = 300_000;

function designOf(layout: Layout): Design {
  return { start: (surroundings) => startCarrier(surroundings, layout) };
}

async function startCarrier({ dir }: DesignSurroundings, layout: Layout): Promise<Carrier> {
  const { name, partitions, hostsPerPartition } = layout;
  const cleanup = new Cleanup();
  try {
    const packages = await npmPackages();
    const broker = cleanup.add(await startKafka(join(dir, name)), (started) => started.stop());
    const unused = await makeTopics(broker, packages, layout);
    return {
      brokers: broker.processes,
      ports: broker.ports,
      open: (point) => {
        const perPartition = hostsPerPartition(point);
        const needed = Math.ceil(partitionsFor(point.hosts, perPartition) / partitions);
        // Hosts begin with the oldest message, so what a point has used is no other's.
        const topics = unused.splice(0, needed);
        if (topics.length < needed) throw new Error(`${needed} topics are needed, ${topics.length} are left`);
        const target = {
          ...{ url: broker.url, packages },
          ...{ partitions: `${partitions}`, hostsPerPartition: `${perPartition}` },
          topics: topics.map((topic) => topic.name).join(','),
          topicIds: topics.map((topic) => topic.id).join(','),
        };
        return openClientSession({ design: name, dir, target, point });
      },
      stop: () => cleanup.run(),
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function makeTopics(
  { url, dataDirectory }: KafkaBroker,
  packages: string,
  { name, partitions }: Layout,
): Promise<KafkaTopic[]> {
  const library = await importKafka(packages);
  const admin = new library.Admin({ clientId: 'bench', bootstrapBrokers: [url] });
  const made: KafkaTopic[] = [];
  while (made.length < TOPICS) {
    const topics = Array.from({ length: TOPICS_AT_ONCE }, (_, n) => `${name}-${made.length + n}`);
    made.push(...(await admin.createTopics({ topics, partitions, replicas: 1 })));
  }
  await admin.close();
  // What is made is told before the broker has got round to it.
  await eventually(
    `${TOPICS * partitions} partitions`,
    async () => {
      const files = await readdir(dataDirectory);
      return files.filter((file) => file.startsWith(`${name}-`)).length >= TOPICS * partitions;
    },
    { timeoutMs: MADE_WITHIN_MS },
  );
  return made;
}
