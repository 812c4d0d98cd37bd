/** What calls that changed the place of a VPC, or took it away, leave to be done when its hosts are ready for it. */
import { pause } from '../../../core/retry.ts';
import type { ServerDeps } from '../../deps.ts';
import { vpcCatalogs } from './catalogs.ts';
import { finishDeletedVpc } from './finish-deleted-vpc.ts';
import { finishMove, goOnMoving } from './move.ts';

const PAGE = 1000;
const PAUSE_MS = 60_000;

/** A host has left a slot: it may have been the last one. Never fails: a cluster may be away for long. */
export async function finishVpc(deps: ServerDeps, vpcId: string): Promise<void> {
  try {
    await finishDeletedVpc(deps, vpcId);
    await finishMove(deps, vpcId);
  } catch (error) {
    deps.logger.warn('what a VPC leaves behind is not cleared away yet', { vpc: vpcId, error });
  }
}

/** Goes on with what was interrupted, by a crash or by a cluster that was away. */
export async function finishVpcs(deps: ServerDeps): Promise<void> {
  await forEachListed(deps, vpcCatalogs.removed, finishDeletedVpc);
  await forEachListed(deps, vpcCatalogs.moved, goOnMoving);
}

/** Now and then, until the signal. */
export async function finishVpcsUntil(deps: ServerDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await finishVpcs(deps);
    } catch (error) {
      deps.logger.warn('deleted and moved VPCs were not looked through', { error });
    }
    await pause(PAUSE_MS, signal).catch(() => undefined);
  }
}

async function forEachListed(
  deps: ServerDeps,
  catalog: string,
  goOn: (deps: ServerDeps, vpcId: string) => Promise<unknown>,
): Promise<void> {
  let after = '';
  for (;;) {
    const ids = await deps.store.catalog(catalog, after, PAGE);
    for (const vpcId of ids) {
      try {
        await goOn(deps, vpcId);
      } catch (error) {
        deps.logger.warn('a VPC is not finished with yet', { vpc: vpcId, catalog, error });
      }
    }
    const last = ids.at(-1);
    if (last === undefined || ids.length < PAGE) return;
    after = last;
  }
}
