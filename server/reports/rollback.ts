/**
 * A store that was restored from an older copy goes on with revisions that hosts have seen with other contents. Hosts
 * prove it: what they report was once handed out by the store, so none of it can be above what the store has.
 */
import type { Logger } from '../../core/logger.ts';
import type { ScopeReport } from '../../core/codec/report.ts';
import type { Scope, ScopeStatus, Store } from '../../core/store/port.ts';

export interface RollbackDeps {
  readonly store: Pick<Store, 'announce' | 'reincarnate'>;
  readonly logger: Logger;
  readonly wake: (scope: Scope) => void;
}

type Place = Pick<ScopeStatus, 'incarnation' | 'revision'>;

/** The host holds what the store has not: read the status after the report has come. */
export function isAhead(part: Pick<ScopeReport, 'incarnation' | 'revision'>, status: Place): boolean {
  if (part.incarnation !== status.incarnation) return part.incarnation > status.incarnation;
  return part.revision > status.revision;
}

/** A report can make the store begin only so many incarnations; the next one goes on. */
const STEPS = 16;

/**
 * Begins an incarnation of the scope above that of the report, unless another report has brought it about already. Then
 * everything is dispatched anew, and replaces what hosts hold. False = it was done, or there is no such scope.
 */
export async function outlive(
  { store, logger, wake }: RollbackDeps,
  scope: Scope,
  status: Place,
  part: Pick<ScopeReport, 'incarnation' | 'revision'>,
): Promise<boolean> {
  if (status.revision === 0) return false;
  await store.announce(scope);
  let isNew = false;
  // The copy may be older than the incarnation that hosts know.
  const last = Math.min(Math.max(part.incarnation, status.incarnation), status.incarnation + STEPS);
  for (let at = status.incarnation; at <= last; at++) {
    isNew = (await store.reincarnate(scope, at)) || isNew;
  }
  if (!isNew) return false;
  wake(scope);
  const { incarnation, revision } = status;
  logger.warn('the store has lost its tail, so a new incarnation begins', {
    scope,
    store: { incarnation, revision },
    reported: { incarnation: part.incarnation, revision: part.revision },
  });
  return true;
}
