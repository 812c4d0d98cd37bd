/** Hosts that hold a VPC which nothing calls for: their own scope, sent anew, tells them what to give up. */
import { decodeRecord } from '../../core/codec/records.ts';
import type { ScopeReport } from '../../core/codec/report.ts';
import { keys, scopes, splitScope } from '../../core/model/keys.ts';
import type { Host } from '../../core/model/resources.ts';
import type { ScopeStatus } from '../../core/store/port.ts';
import { outlive } from './rollback.ts';
import { sendWork } from './send-work.ts';
import type { TakeDeps } from './take-deps.ts';

/** A host is told at most once within this time. */
const DELAY_MS = 1_000;

/** The host reports a VPC that it is no member of, at that epoch. Its own scope tells it, unless it does so already. */
export async function tellWhatToHold(
  { deps, later }: TakeDeps,
  host: string,
  { scope, epoch }: ScopeReport,
): Promise<void> {
  const own = scopes.host(host);
  const [assignment, record] = await deps.store.read(own, [
    keys.assignment(splitScope(scope).id, epoch),
    keys.host(host),
  ]);
  // With an assignment it is about to join, or its fence is on the way.
  if (assignment?.body !== undefined) return;
  const registered = record && decodeRecord<Host>(record)?.value;
  if (registered === undefined) return;
  later.ask(`own scope of ${host}`, DELAY_MS, () =>
    sendWork(deps, { kind: 'resync', scope: own, host, epoch: registered.member.epoch }),
  );
}

/**
 * The host was given an assignment that the store has lost, so its own scope has lost its tail, too, and what is sent of
 * it now would count as older than what the host has.
 */
export async function replaceOwnScope(
  { deps, later, counts }: TakeDeps,
  host: string,
  vpc: ScopeStatus,
): Promise<void> {
  const own = scopes.host(host);
  const replace = async (): Promise<void> => {
    const status = await deps.store.status(own);
    if (await outlive(deps, own, status, status)) counts.rollbacks++;
  };
  if (vpc.revision > 0) await replace();
  // No new incarnation of the VPC will tell that it was done, so the host may say the same several times.
  else later.ask(`lost assignments of ${host}`, DELAY_MS, replace);
}
