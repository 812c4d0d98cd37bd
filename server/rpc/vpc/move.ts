/** What follows once a VPC has another lane: its hosts get slots there, one by one leave the old ones, and its topic goes. */
import { decodeRecord } from '../../../core/codec/records.ts';
import type { Decoded } from '../../../core/codec/records.ts';
import { PlatformError } from '../../../core/errors.ts';
import { keys, scopes, splitKey } from '../../../core/model/keys.ts';
import type { HostUse } from '../../../core/model/keys.ts';
import type { CopiesLane, Lane, Member, SlotHolder } from '../../../core/model/resources.ts';
import { lanesOf, partitionsOf } from '../../../core/placement/lanes.ts';
import { leaveFormerSlot, moveMember } from '../../../core/placement/membership.ts';
import type { Scope, Store } from '../../../core/store/port.ts';
import { clusterNamed, countPlaced } from '../../clusters.ts';
import type { ServerDeps } from '../../deps.ts';
import { pickPartition, readLane, withCapacity } from '../../lanes.ts';
import { offlineAmong } from '../../leases/presence.ts';
import { inTurn } from '../../turn.ts';
import { mutate } from '../locate.ts';
import { giveUpLane } from './blocks.ts';
import { vpcCatalogs } from './catalogs.ts';

/** Hosts that are given slots, or taken from them, in one commit. */
const BATCH = 20;

/** Does what there is to do now; may be called at any time. */
export async function goOnMoving(deps: ServerDeps, vpcId: string): Promise<void> {
  const scope = scopes.vpc(vpcId);
  const former = (await readLane(deps.store, scope))?.former;
  if (former === undefined) return delist(deps, vpcId);
  await giveSlots(deps, scope);
  await leaveInTheirPlace(deps, scope, former);
  await finishMove(deps, vpcId);
}

/** For calls that have given the VPC another lane: what they leave is gone on with later. */
export async function startMoving(deps: ServerDeps, vpcId: string): Promise<void> {
  try {
    await goOnMoving(deps, vpcId);
  } catch (error) {
    deps.logger.warn('the hosts of a VPC are not all moved yet', { vpc: vpcId, error });
  }
}

/** Gives up the topic that a VPC was moved from, once nobody has a slot there. */
export async function finishMove(deps: ServerDeps, vpcId: string): Promise<void> {
  const { store } = deps;
  const scope = scopes.vpc(vpcId);
  const emptied = async (): Promise<CopiesLane | undefined> => {
    const lane = await readLane(store, scope);
    return lane?.former === undefined || (await hasSlots(store, scope, lane.former)) ? undefined : lane;
  };
  if ((await emptied()) === undefined) return;
  // Nobody deletes the VPC meanwhile, or makes another of its id.
  await inTurn(store, 'vpc-topics', vpcId, async () => {
    const { former, cluster } = (await emptied()) ?? {};
    if (former === undefined) return;
    await giveUpLane(deps, vpcId, former);
    const [fanOut] = await store.read(scope, [keys.fanOutLane]);
    const wasReadAlong = (fanOut?.revision ?? 0) > 0;
    if (wasReadAlong && cluster !== former.cluster) {
      await clusterNamed(deps, former.cluster).admin.deleteTopic(deps.topics.fanOut(vpcId));
    }
    const { wrote } = await mutate(deps, scope, undefined, async (tx) => {
      const lane = (await tx.get<CopiesLane>(keys.copiesLane))?.value;
      if (lane?.former?.topic !== former.topic) return;
      const [present] = lanesOf(lane);
      tx.put(keys.copiesLane, present);
    });
    if (wrote && former.block !== undefined) await countPlaced(deps, 'blocks', former.cluster, -1);
    await delist(deps, vpcId);
    deps.logger.info('a VPC has left a topic', { vpc: vpcId, ...former });
  });
}

async function delist({ store }: ServerDeps, vpcId: string): Promise<void> {
  await store.delist(vpcCatalogs.moved, vpcId);
  // Another move may have begun between the look at the lane and this.
  const lane = await readLane(store, scopes.vpc(vpcId));
  if (lane?.former !== undefined) await store.enlist(vpcCatalogs.moved, vpcId);
}

/** On the present lane, to members that have theirs on the former one. */
async function giveSlots(deps: ServerDeps, scope: Scope): Promise<void> {
  for await (const ids of pages(deps.store, scope, 'member', '')) await giveSlotsTo(deps, scope, ids);
}

async function giveSlotsTo(deps: ServerDeps, scope: Scope, hosts: readonly string[]): Promise<void> {
  const move = (): Promise<unknown> =>
    mutate(deps, scope, undefined, async (tx) => {
      const lane = (await tx.get<CopiesLane>(keys.copiesLane))?.value;
      if (lane?.former === undefined) return;
      // All at once: the shorter this takes, the less it meets the calls of others.
      const records = await tx.getMany<Member | HostUse>([...hosts.map(keys.member), ...hosts.map(keys.use)]);
      const members = records.slice(0, hosts.length) as (Decoded<Member> | undefined)[];
      const pick = pickPartition(deps, tx);
      for (const member of members) {
        if (member === undefined || member.value.partition >= (lane.base ?? 0)) continue;
        await moveMember(tx, member.value.hostId, await pick());
      }
    });
  try {
    await withCapacity(deps, scope, move);
  } catch (error) {
    if (hosts.length === 1 || PlatformError.from(error).code !== 'aborted') throw error;
    // These hosts change faster than all of them can be moved in one commit.
    const half = hosts.length >> 1;
    await giveSlotsTo(deps, scope, hosts.slice(0, half));
    await giveSlotsTo(deps, scope, hosts.slice(half));
  }
}

/**
 * Hosts leave by themselves with the first report from their new slots. Those that are offline cannot, and of those that
 * have reported and are still here a store that lost its tail has forgotten it: further reports do not say it again.
 */
async function leaveInTheirPlace(deps: ServerDeps, scope: Scope, former: Lane): Promise<void> {
  const { store } = deps;
  for (const partition of partitionsOf(former)) {
    for await (const ids of pages(store, scope, 'slot', `${partition}/`)) {
      const records = await store.read(
        scope,
        ids.map((id) => `slot/${id}` as const),
      );
      const holders = records.flatMap((record) => decodeRecord<SlotHolder>(record)?.value ?? []);
      const held = holders.filter(({ state }) => state === 'held');
      const hosts = held.map(({ hostId }) => hostId);
      const [offline, reports] = await Promise.all([offlineAmong(deps, hosts), store.reports(scope, hosts)]);
      const leaving = held.filter(({ hostId, epoch }, i) => {
        const report = reports[i];
        const hasReported = report !== undefined && report.epoch > epoch && report.revision > 0;
        return hasReported || offline.has(hostId);
      });
      if (leaving.length === 0) continue;
      await mutate(deps, scope, undefined, async (tx) => {
        for (const { hostId } of leaving) await leaveFormerSlot(tx, hostId);
      });
    }
  }
}

/** Ids of a kind that begin with the prefix, a batch at a time. */
async function* pages(store: Store, scope: Scope, kind: string, prefix: string): AsyncGenerator<string[]> {
  for (let after = prefix; ;) {
    const page = await store.list(scope, kind, after, BATCH);
    const ids = page.map(({ key }) => splitKey(key).id).filter((id) => id.startsWith(prefix));
    if (ids.length > 0) yield ids;
    const last = ids.at(-1);
    if (last === undefined || ids.length < BATCH) return;
    after = last;
  }
}

async function hasSlots(store: Store, scope: Scope, lane: Lane): Promise<boolean> {
  for (const partition of partitionsOf(lane)) {
    const [first] = await store.list(scope, 'slot', `${partition}/`, 1);
    if (first?.key.startsWith(`slot/${partition}/`) === true) return true;
  }
  return false;
}
