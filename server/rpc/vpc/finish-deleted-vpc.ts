import { decodeRecord } from '../../../core/codec/records.ts';
import type { Decoded } from '../../../core/codec/records.ts';
import { keys, scopes, splitKey } from '../../../core/model/keys.ts';
import type { CopiesLane } from '../../../core/model/resources.ts';
import { lanesOf } from '../../../core/placement/lanes.ts';
import type { Scope, Store } from '../../../core/store/port.ts';
import { clusterNamed, countPlaced } from '../../clusters.ts';
import type { ServerDeps } from '../../deps.ts';
import { inTurn } from '../../turn.ts';
import { mutate } from '../locate.ts';
import { giveUpLane } from './blocks.ts';
import { vpcCatalogs } from './catalogs.ts';
import { removalKey } from './removal.ts';
import type { Removal } from './removal.ts';
import { removeContents } from './remove-contents.ts';

const PAGE = 1000;

/**
 * Clears away what a deleted VPC leaves behind, once its last host has left: topic, ids, listings. Does nothing where
 * there is nothing to do, so it may be called at any time; true = all of it is gone.
 */
export async function finishDeletedVpc(deps: ServerDeps, vpcId: string): Promise<boolean> {
  const { store } = deps;
  const found = await readRemoval(store, vpcId);
  if (found === undefined) return true;
  const scope = scopes.vpc(vpcId);
  // A create call that read the VPC before it was deleted may have committed between its listing and its removal.
  await mutate(deps, scope, undefined, async (tx) => {
    // Another call may have finished meanwhile, and the id may be that of a new VPC.
    if ((await tx.get(removalKey)) !== undefined) await removeContents(store, tx);
  });
  if (await hasSlots(store, scope)) return false;
  // One at a time: a second deletion of the topic could meet a new VPC of the same id.
  const isDone = await inTurn(store, 'vpc-topics', vpcId, async () => {
    const { removal, lane, wasReadAlong } = (await readRemoval(store, vpcId)) ?? {};
    if (removal === undefined) return true;
    // Those of a later VPC of this id, which was deleted since.
    if (await hasSlots(store, scope)) return false;
    if (lane !== undefined) {
      for (const each of lanesOf(lane)) {
        await giveUpLane(deps, vpcId, each);
        if (wasReadAlong) await clusterNamed(deps, each.cluster).admin.deleteTopic(deps.topics.fanOut(vpcId));
      }
    }
    await releaseClaims(store, scope, vpcId, removal.vni);
    await Promise.all([
      store.delist(vpcCatalogs.all, vpcId),
      store.delist(vpcCatalogs.project(removal.projectId), vpcId),
      store.delist(vpcCatalogs.removed, vpcId),
      store.delist(vpcCatalogs.moved, vpcId),
    ]);
    const { wrote } = await mutate(deps, scope, undefined, async (tx) => {
      if ((await tx.get(removalKey)) === undefined) return;
      tx.remove(removalKey, { logged: false });
      tx.remove(keys.copiesLane);
    });
    if (wrote && lane !== undefined) {
      await countPlaced(deps, 'vpcs', lane.cluster, -1);
      const blocks = lanesOf(lane).filter(({ block }) => block !== undefined);
      for (const { cluster } of blocks) await countPlaced(deps, 'blocks', cluster, -1);
    }
    return true;
  });
  return isDone ?? false;
}

async function hasSlots(store: Store, scope: Scope): Promise<boolean> {
  return (await store.list(scope, 'slot', '', 1)).length > 0;
}

async function readRemoval(
  store: Store,
  vpcId: string,
): Promise<{ removal: Removal; lane: CopiesLane | undefined; wasReadAlong: boolean } | undefined> {
  const records = await store.read(scopes.vpc(vpcId), [removalKey, keys.copiesLane, keys.fanOutLane]);
  const [removal, lane] = records.map((record) => decodeRecord(record));
  if (removal === undefined) return undefined;
  return {
    removal: (removal as Decoded<Removal>).value,
    lane: (lane as Decoded<CopiesLane> | undefined)?.value,
    wasReadAlong: (records[2]?.revision ?? 0) > 0,
  };
}

/** Of everything that was ever in the VPC: the log's tombstones tell. */
async function releaseClaims(store: Store, scope: Scope, vpcId: string, vni: number): Promise<void> {
  await store.release('vni', String(vni), vpcId);
  let through = 0;
  for (;;) {
    const page = await store.changes(scope, through, PAGE);
    const gone = page.changes
      .filter((record) => record.body === undefined)
      .map((record) => splitKey(record.key));
    await Promise.all(
      gone
        .filter(({ kind }) => ['subnet', 'security-group', 'route-table', 'port'].includes(kind))
        .map(({ kind, id }) => store.release(kind, id, vpcId)),
    );
    through = page.through;
    if (through >= page.head) return;
  }
}
