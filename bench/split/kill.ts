import { until } from '../../local/until.ts';
import type { ServiceUrls } from '../../scripts/services/up.ts';
import type { Surroundings } from '../experiment.ts';
import { infraCounters } from '../infra-counters.ts';
import { rounded } from '../statistics.ts';
import { CountingHosts } from './counting-hosts.ts';
import { deploy } from './deployed.ts';
import type { Deployed } from './deployed.ts';
import type { SplitOptions } from './options.ts';

/** One of two nodes, killed in the middle of a task. */
export interface KillFigures {
  readonly killed: 'the node whose task it is' | 'the other node';
  /** Hosts that had their copy when the node was gone. */
  readonly reached_before: number;
  readonly reached: number;
  /** Hosts that never got their copy. */
  readonly missing: number;
  /** Copies that were sent twice. */
  readonly repeated: number;
  /** From the kill until the last host had its copy. */
  readonly seconds: number;
}

/** Of the hosts; what is under way then is much. */
const MIDDLE = 0.2;
const TRIES = 5;
const PATIENCE_MS = 60_000;

/** Both kinds of it, with hosts that count what they get. */
export async function killInTheMiddle(
  options: SplitOptions,
  services: ServiceUrls,
  surroundings: Surroundings,
): Promise<KillFigures[]> {
  const { signal, once } = surroundings;
  const deployed = await deploy('kill', 2, options, services, surroundings);
  const { vpc } = deployed;
  const hosts = surroundings.cleanup.add(
    await CountingHosts.listen(services.pulsarUrl, vpc.lane),
    (listening) => listening.close(),
  );
  const runs: KillFigures[] = [];
  for (const killed of ['the other node', 'the node whose task it is'] as const) {
    await once(`kill: warm-up`, async () => {
      for (let n = 0; n < options.warmUps; n++) await vpc.change(signal);
    });
    runs.push(await once(`kill: ${killed}`, () => killOne(killed, options, { deployed, hosts, signal })));
  }
  return runs;
}

interface Within {
  readonly deployed: Deployed;
  readonly hosts: CountingHosts;
  readonly signal: AbortSignal;
}

async function killOne(
  killed: KillFigures['killed'],
  options: SplitOptions,
  { deployed, hosts, signal }: Within,
): Promise<KillFigures> {
  const { infraNodes, vpc } = deployed;
  for (let tries = 1; ; tries++) {
    const owner = await ownerOf(deployed, signal);
    const node = infraNodes[killed === 'the other node' ? 1 - owner : owner]!;
    const revision = await vpc.begin();
    await until(() => hosts.reached(revision) >= MIDDLE * options.hosts, PATIENCE_MS);
    await node.process.kill('SIGKILL');
    const killedAtMs = performance.now();
    const reachedBefore = hosts.reached(revision);
    await vpc.untilDispatched(revision, signal);
    await until(() => hosts.reached(revision) === options.hosts, PATIENCE_MS).catch(() => undefined);
    const reached = hosts.reached(revision);
    const seconds = Math.max(0, (hosts.lastAtMs - killedAtMs) / 1_000);
    await node.process.start();
    await deployed.untilTaking(infraNodes.length);
    // It was over before the node was gone.
    if (reachedBefore >= options.hosts && tries < TRIES) continue;
    return {
      killed,
      reached_before: reachedBefore,
      reached,
      missing: options.hosts - reached,
      repeated: hosts.repeated(revision),
      seconds: rounded(seconds, 2),
    };
  }
}

/** The node that takes the VPC's turns: it alone offers chunks. */
async function ownerOf({ infraNodes, vpc }: Deployed, signal: AbortSignal): Promise<number> {
  const offered = (): Promise<number[]> =>
    Promise.all(infraNodes.map(async (node) => (await infraCounters(node, ['chunks'])).chunks));
  for (let tries = 0; tries < TRIES; tries++) {
    const before = await offered();
    await vpc.change(signal);
    const after = await offered();
    const owner = after.findIndex((count, n) => count > before[n]!);
    if (owner >= 0) return owner;
  }
  throw new Error('no node offers chunks');
}
