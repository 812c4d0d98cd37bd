import { join } from 'node:path';
import { npmPackages } from '../../brokers/npm-packages.ts';
import { startRocket } from '../../brokers/rocketmq.ts';
import { groupOf } from '../clients/rocketmq.ts';
import { openClientSession } from '../client-session.ts';
import type { Design } from '../design.ts';

/** As many as were proposed. */
const TOPICS = 200;

/** Topics that VPCs share, a tag for each VPC, a consumer group for each host. */
export const rocketmq: Design = {
  start: async ({ dir }) => {
    const packages = await npmPackages();
    const { launcher, ...broker } = await startRocket(join(dir, 'rocketmq'));
    const topics = Array.from({ length: TOPICS }, (_, n) => `vpcs-${n}`);
    await broker.makeTopics(topics);
    let points = 0;
    return {
      brokers: broker.processes,
      ports: broker.ports,
      open: async (point) => {
        // Another topic for each point: a new group begins with the oldest message.
        const topic = topics[points]!;
        const tag = `vpc-${points++}`;
        await broker.makeGroups(Array.from({ length: point.hosts }, (_, host) => groupOf(tag, host)));
        const target = { url: broker.url, topic, tag, packages };
        return openClientSession({ design: 'rocketmq', dir, target, point, launcher });
      },
      stop: () => broker.stop(),
    };
  },
};
