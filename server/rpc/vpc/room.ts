import { scopes } from '../../../core/model/keys.ts';
import type { ServerDeps } from '../../deps.ts';
import { growLane, withCapacity } from '../../lanes.ts';
import { changeLane } from './change-lane.ts';
import { startMoving } from './move.ts';

/**
 * Runs a call that may give slots of the VPC to hosts. A topic of its own grows as it fills; a VPC whose block of a shared
 * one is full moves out to a topic of its own, and its hosts follow.
 */
export function withRoom<T>(deps: ServerDeps, vpcId: string, run: () => Promise<T>): Promise<T> {
  const scope = scopes.vpc(vpcId);
  return withCapacity(deps, scope, run, async (full) => {
    if (full.block === undefined) return growLane(deps, scope, full);
    // Unless another call has done so since.
    const left = await changeLane(deps, vpcId, undefined, ({ block, cluster }) => block && cluster);
    if (left !== undefined) await startMoving(deps, vpcId);
  });
}
