import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { subscriptions, topicNames } from '../../core/placement/topics.ts';
import { until } from '../../local/until.ts';
import type { ServiceUrls } from '../../scripts/services/up.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import type { Program } from '../../scripts/stack/deployment.ts';
import { Cleanup } from '../cleanup.ts';
import type { Surroundings } from '../experiment.ts';
import { nowMs } from '../open-loop.ts';
import { secondsOf } from '../processor-time.ts';
import { LargeVpc } from './large-vpc.ts';
import type { SplitOptions } from './options.ts';

/** What one node did in the measured part. */
export interface NodeFigures {
  readonly copies: number;
  readonly cpuSeconds: number;
  /** Chunks that it offered, and chunks of the other that it did. */
  readonly chunks: number;
  readonly chunksTaken: number;
}

export interface Measured {
  readonly seconds: number;
  readonly nodes: readonly NodeFigures[];
}

const START_MS = 30_000;
/** As by default, where there are hosts enough. */
const SPLIT_ABOVE = 1_000;

/** The same tasks by so many nodes, all of them new. */
export async function measure(
  infraNodes: number,
  { hosts, chunkHosts, tasks, warmUps }: SplitOptions,
  services: ServiceUrls,
  surroundings: Surroundings,
): Promise<Measured> {
  const { signal, once, phase } = surroundings;
  const cleanup = surroundings.cleanup.add(new Cleanup(), (own) => own.run());
  const name = infraNodes === 1 ? 'one node' : `${infraNodes} nodes`;
  const topics = topicNames(`bench-${randomUUID().slice(0, 8)}`);
  const { programs, vpc } = await once(`${name}: server, infra-nodes, VPC`, async () => {
    const dir = join(surroundings.dir, name);
    await mkdir(dir, { recursive: true });
    const env = {
      // One copy for each host, and nobody who reports.
      ...{ VPCAST_FAN_OUT_HOSTS: '0', VPCAST_WINDOW_BUDGET: '0' },
      VPCAST_SPLIT_ABOVE: String(Math.min(SPLIT_ABOVE, Math.ceil(hosts / 2))),
      VPCAST_CHUNK_HOSTS: String(chunkHosts),
    };
    const deployment = cleanup.add(
      await startDeployment({ dir, services, hosts: [], infraNodes, name: topics.tenant, env }),
      (started) => started.stop(),
    );
    const { pulsarUrl: serviceUrl, pulsarAdminUrl: adminUrl, redisUrl: url } = services;
    const store = openRedisStore({ url, cluster: false, keyPrefix: `${topics.tenant}:` });
    cleanup.add(store, (opened) => opened.close());
    const cluster = await openPulsarCluster({ name: 'main', serviceUrl, adminUrl });
    cleanup.add(cluster, (opened) => opened.close());
    await until(async () => {
      const stats = await cluster.admin.topicStats(topics.chunks);
      return stats?.subscriptions[subscriptions.infra]?.consumers.length === infraNodes;
    }, START_MS);
    return {
      programs: deployment.infraNodes,
      vpc: await LargeVpc.make({ store, cluster, topics, hosts }),
    };
  });
  const change = (count: number, title: string): Promise<void> =>
    phase(`${name}: ${title}`, count, async (step) => {
      for (let n = 0; n < count; n++) {
        await vpc.change(signal);
        step();
      }
    });
  await change(warmUps, 'warm-up');
  const [before, beganMs] = [await figuresOf(programs), nowMs()];
  await change(tasks, 'changes');
  const [after, endedMs] = [await figuresOf(programs), nowMs()];
  await cleanup.run();
  return {
    seconds: (endedMs - beganMs) / 1_000,
    nodes: after.map((figures, n) => difference(figures, before[n]!)),
  };
}

function figuresOf(programs: readonly Program[]): Promise<NodeFigures[]> {
  return Promise.all(
    programs.map(async (program) => {
      const { health = '' } = await program.endpoints();
      const text = await (await fetch(`http://${health}/metrics`)).text();
      return {
        copies: counterIn(text, 'copies'),
        chunks: counterIn(text, 'chunks'),
        chunksTaken: counterIn(text, 'chunks_taken'),
        cpuSeconds: secondsOf(program.process.pid),
      };
    }),
  );
}

function counterIn(metrics: string, name: string): number {
  return Number(new RegExp(`^vpcast_infra_${name}_total (\\d+)$`, 'm').exec(metrics)?.[1]);
}

function difference(one: NodeFigures, other: NodeFigures): NodeFigures {
  return {
    copies: one.copies - other.copies,
    cpuSeconds: one.cpuSeconds - other.cpuSeconds,
    chunks: one.chunks - other.chunks,
    chunksTaken: one.chunksTaken - other.chunksTaken,
  };
}
