import { PlatformError } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { CopiesLane, Lane, Vpc } from '../../../core/model/resources.ts';
import { partitionsOf } from '../../../core/placement/lanes.ts';
import { membersCounter } from '../../../core/placement/membership.ts';
import { retry } from '../../../core/retry.ts';
import type { RequestIdentity } from '../../../core/store/transaction.ts';
import type { ServerDeps } from '../../deps.ts';
import { GROWTH_PATIENCE, createLane, partitionsFor } from '../../lanes.ts';
import { inTurn } from '../../turn.ts';
import { mutate, need } from '../locate.ts';
import { vpcCatalogs } from './catalogs.ts';

/**
 * Gives the VPC a topic of its own on the cluster that `choose` names, in place of the lane that it has; undefined = it
 * need not have another. The result is the cluster that it left, if it did.
 */
export async function changeLane(
  deps: ServerDeps,
  vpcId: string,
  identity: RequestIdentity | undefined,
  choose: (lane: Lane) => string | undefined,
): Promise<string | undefined> {
  const scope = scopes.vpc(vpcId);
  const busy = tryAgain(vpcId, 'is being given other partitions');
  // The numbers of the new lane begin where those of the old one end.
  const change = (): Promise<{ left: string | undefined } | undefined> =>
    inTurn(deps.store, 'growth', scope, async () => {
      let left: string | undefined;
      await mutate(deps, scope, identity, async (tx) => {
        left = undefined;
        await need<Vpc>(tx, 'vpc', vpcId);
        const lane = (await tx.get<CopiesLane>(keys.copiesLane))?.value;
        if (lane === undefined) throw new PlatformError('internal', `${scope} has no lane`);
        const cluster = choose(lane);
        if (cluster === undefined) return {};
        const isRepeated =
          identity !== undefined &&
          identity.id !== '' &&
          (await deps.store.replay(scope, identity.id)) !== undefined;
        // A repeat gets its first answer, and must not make another topic.
        if (isRepeated || lane.former !== undefined) throw tryAgain(vpcId, 'is still leaving another topic');
        await deps.store.enlist(vpcCatalogs.moved, vpcId);
        tx.put(keys.copiesLane, await nextLane(deps, vpcId, lane, cluster));
        // Hosts get copies until they have the VPC anew, and it is settled there what costs less.
        const isElsewhere = lane.cluster !== cluster;
        if (isElsewhere && (await tx.get<Lane>(keys.fanOutLane)) !== undefined) tx.remove(keys.fanOutLane);
        left = lane.cluster;
        return {};
      });
      return { left };
    });
  const done = await retry(
    async () => {
      const changed = await change();
      if (changed === undefined) throw busy;
      return changed;
    },
    { ...GROWTH_PATIENCE, retryIf: (error) => error === busy },
  );
  return done.left;
}

/** The topic is there when the registry shows it. */
async function nextLane(
  deps: ServerDeps,
  vpcId: string,
  present: Lane,
  cluster: string,
): Promise<CopiesLane> {
  const base = (present.base ?? 0) + present.partitions;
  const counts = await deps.store.counters(scopes.vpc(vpcId), partitionsOf(present).map(membersCounter));
  const hosts = counts.reduce((sum, count) => sum + count, 0);
  const topic = deps.topics.vpc(vpcId, base);
  const lane = await createLane(deps, cluster, topic, partitionsFor(hosts, deps.limits));
  return { ...lane, base, former: present };
}

function tryAgain(vpcId: string, what: string): PlatformError {
  return new PlatformError('aborted', `vpc ${JSON.stringify(vpcId)} ${what}; try again`, {
    resource: { type: 'vpc', id: vpcId },
  });
}
