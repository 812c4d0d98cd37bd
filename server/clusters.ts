/** Which Pulsar cluster something new goes to. */
import { decodeRecord } from '../core/codec/records.ts';
import { PlatformError, notFound } from '../core/errors.ts';
import { keys, scopes } from '../core/model/keys.ts';
import type { Cluster } from '../core/model/resources.ts';
import { transact } from '../core/store/transaction.ts';
import type { ServerDeps } from './deps.ts';
import { drawOne } from './draw.ts';
import { isDefined } from './rpc/paging.ts';

type MessagingClient = ServerDeps['clusters'] extends ReadonlyMap<string, infer C> ? C : never;

/** What is spread over the clusters, each kind evenly by itself. */
export type Placed = 'vpcs' | 'hosts' | 'blocks';

const MAX_CLUSTERS = 1000;
export const counterOf = (placed: Placed, cluster: string): string => `${placed}/${cluster}`;

/** Writes a cluster of the settings into the registry; whether it is open is left as it is there. */
export async function seedCluster(
  { store }: Pick<ServerDeps, 'store'>,
  { name, serviceUrl }: Pick<Cluster, 'name' | 'serviceUrl'>,
  givenAdminUrl?: string,
): Promise<void> {
  await transact(store, scopes.region, async (tx) => {
    const known = (await tx.get<Cluster>(keys.cluster(name)))?.value;
    const adminUrl = givenAdminUrl ?? known?.adminUrl ?? '';
    if (known?.serviceUrl === serviceUrl && known.adminUrl === adminUrl) return;
    tx.put(keys.cluster(name), { name, serviceUrl, adminUrl, open: known?.open ?? true } satisfies Cluster);
  });
}

/** The requested cluster or, where '' is requested, the open one with the fewest of the kind. */
export async function chooseCluster(
  deps: Pick<ServerDeps, 'store' | 'clusters'>,
  placed: Placed,
  requested: string,
): Promise<MessagingClient> {
  const records = await deps.store.list(scopes.region, 'cluster', '', MAX_CLUSTERS);
  const registered = records.map((record) => decodeRecord<Cluster>(record)?.value).filter(isDefined);
  if (requested !== '') {
    const cluster = registered.find(({ name }) => name === requested);
    if (cluster === undefined) throw notFound('cluster', requested);
    if (!cluster.open) {
      throw new PlatformError('failed_precondition', `cluster ${requested} takes nothing new`, {
        resource: { type: 'cluster', id: requested },
      });
    }
    return clusterNamed(deps, requested);
  }
  const open = registered.filter(({ name, open }) => open && deps.clusters.has(name));
  const loads = await deps.store.counters(
    scopes.region,
    open.map(({ name }) => counterOf(placed, name)),
  );
  const least = Math.min(...loads);
  // Calls at the same time see the same loads, so equal clusters are drawn by lot.
  const best = drawOne(open.filter((_cluster, i) => loads[i] === least));
  if (best === undefined) throw new PlatformError('unavailable', 'no Pulsar cluster is open');
  return clusterNamed(deps, best.name);
}

/** The client of a cluster that the registry names. */
export function clusterNamed(deps: Pick<ServerDeps, 'clusters'>, name: string): MessagingClient {
  const cluster = deps.clusters.get(name);
  if (cluster === undefined) {
    throw new PlatformError(
      'unavailable',
      `this server has no connection to the cluster ${JSON.stringify(name)}`,
    );
  }
  return cluster;
}

/** Counts what was placed; only a hint for the next choice, so a failure is logged and nothing else. */
export async function countPlaced(
  deps: Pick<ServerDeps, 'store' | 'logger'>,
  placed: Placed,
  cluster: string,
  delta: number,
): Promise<void> {
  try {
    await transact(deps.store, scopes.region, (tx) => {
      tx.count(counterOf(placed, cluster), delta);
      return Promise.resolve();
    });
  } catch (error) {
    deps.logger.warn('placement was not counted', { placed, cluster, delta, error });
  }
}
