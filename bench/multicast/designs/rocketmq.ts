import { join } from 'node:path';
import { npmPackages } from '../../brokers/npm-packages.ts';
import { startRocket } from '../../brokers/rocketmq.ts';
import { Cleanup } from '../../cleanup.ts';
import { groupOf } from '../clients/rocketmq.ts';
import { openClientSession } from '../client-session.ts';
import type { Carrier, Design, DesignSurroundings } from '../design.ts';

/** As many as were proposed. */
const TOPICS = 200;

/** Topics that VPCs share, a tag for each VPC, a consumer group for each host. */
export const rocketmq: Design = { start: startCarrier };

async function startCarrier({ dir }: DesignSurroundings): Promise<Carrier> {
  const cleanup = new Cleanup();
  try {
    const packages = await npmPackages();
    const broker = cleanup.add(await startRocket(join(dir, 'rocketmq')), (started) => started.stop());
    const unused = Array.from({ length: TOPICS }, (_, n) => `vpcs-${n}`);
    await broker.makeTopics(unused);
    return {
      brokers: broker.processes,
      ports: broker.ports,
      open: async (point) => {
        // Another topic for each point: a new group begins with the oldest message.
        const topic = unused.shift();
        if (topic === undefined) throw new Error(`all ${TOPICS} topics are used`);
        const tag = `tag-of-${topic}`;
        await broker.makeGroups(Array.from({ length: point.hosts }, (_, host) => groupOf(tag, host)));
        const target = { url: broker.url, topic, tag, packages };
        return openClientSession({ design: 'rocketmq', dir, target, point, launcher: broker.launcher });
      },
      stop: () => cleanup.run(),
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}
