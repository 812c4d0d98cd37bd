/** Blocks of the topics that small VPCs share. A claim in the region says whose each one is. */
import { scopes } from '../../../core/model/keys.ts';
import type { Lane } from '../../../core/model/resources.ts';
import { blockAt, blocksFor } from '../../../core/placement/blocks.ts';
import { lanesOf } from '../../../core/placement/lanes.ts';
import type { Store } from '../../../core/store/port.ts';
import { clusterNamed, counterOf } from '../../clusters.ts';
import type { ServerDeps } from '../../deps.ts';
import { readLane } from '../../lanes.ts';
import { tryClaim } from '../locate.ts';

/** A block is drawn among the first ones of the cluster, so many for each that is taken, and some more. */
const SPARE = 1.25;
const MORE = 16;
/** Where so many draws meet none that is free, many calls take blocks at once: then among twice as many. */
const WIDEN_AFTER = 8;
const DRAWS = 64;

/** One for this many hosts. Undefined = none was found, which is no harm: the VPC gets a topic of its own. */
export async function takeBlock(
  { store, topics }: Pick<ServerDeps, 'store' | 'topics'>,
  cluster: string,
  vpcId: string,
  hosts: number,
): Promise<Lane | undefined> {
  const size = blocksFor(hosts);
  const [taken = 0] = await store.counters(scopes.region, [counterOf('blocks', cluster)]);
  const candidates = Math.ceil(SPARE * Math.max(0, taken)) + MORE;
  for (let draw = 0; draw < DRAWS; draw++) {
    const n = Math.floor(Math.random() * candidates * 2 ** Math.floor(draw / WIDEN_AFTER));
    const topic = topics.shared(hosts, Math.floor(n / size));
    const lane: Lane = { cluster, topic, partitions: 1, block: blockAt(n % size, hosts) };
    const isFound = await tryClaim({ store }, 'lane-block', idOf(lane), vpcId, (owner) =>
      holds(store, owner, lane),
    );
    if (isFound) return lane;
  }
  return undefined;
}

/**
 * What a VPC had a place in, now that none of its slots is held or drained there: whoever has the block next finds
 * nothing that waits. May be repeated.
 */
export async function giveUpLane(deps: ServerDeps, vpcId: string, lane: Lane): Promise<void> {
  if (lane.block === undefined) await clusterNamed(deps, lane.cluster).admin.deleteTopic(lane.topic);
  else await deps.store.release('lane-block', idOf(lane), vpcId);
}

async function holds(store: Store, vpcId: string, wanted: Lane): Promise<boolean> {
  const lane = await readLane(store, scopes.vpc(vpcId));
  return lane !== undefined && lanesOf(lane).some((each) => each.block && idOf(each) === idOf(wanted));
}

function idOf({ cluster, topic, block }: Lane): string {
  return `${cluster} ${topic} ${block?.from ?? 0}`;
}
