import { decodeRecord } from '../../core/codec/records.ts';
import { encodeReportBody } from '../../core/codec/report-body.ts';
import type { HostReport, LeftReport, ScopeReport } from '../../core/codec/report.ts';
import { keys, splitScope } from '../../core/model/keys.ts';
import type { HostUse } from '../../core/model/keys.ts';
import type { Member } from '../../core/model/resources.ts';
import { endMembership } from '../../core/placement/leaving.ts';
import { leaveFormerSlot } from '../../core/placement/membership.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import type { Report, Scope, ScopeStatus } from '../../core/store/port.ts';
import type { ServerDeps } from '../deps.ts';
import { mutate } from '../rpc/locate.ts';
import { finishVpc } from '../rpc/vpc/unfinished.ts';
import { replaceOwnScope, tellWhatToHold } from './own-scope.ts';
import { isAhead, outlive } from './rollback.ts';
import { sendWork } from './send-work.ts';
import type { TakeDeps } from './take-deps.ts';

/** Many hosts of a VPC catch up at the same time; one message has the dispatcher look at all of them. */
const RESUME_DELAY_MS = 50;

/** Keeps what a host says. All of it may be repeated. */
export async function takeReport(take: TakeDeps, report: HostReport): Promise<void> {
  await Promise.all([
    ...report.scopes.map((part) => takeScope(take, report.host, part)),
    ...report.left.map((left) => takeLeft(take.deps, report.host, left)),
  ]);
}

async function takeScope(take: TakeDeps, host: string, part: ScopeReport): Promise<void> {
  const { kind, id } = splitScope(part.scope);
  if (kind === 'public') return takePublic(take, host, id, part);
  const isOwn = kind === 'host' && id === host;
  if (!isOwn && kind !== 'vpc') return;
  if (await renew(take, host, part)) return;
  return isOwn ? takeOwn(take, host, part) : takeVpc(take, host, part);
}

/**
 * Most reports go on from one that was kept after a look at everything. What was to be done because of that one was done
 * before it was kept, and with the end of the membership the store forgets it. Until then a host that leaves a slot goes
 * on reporting what it holds there; who asks for the present assignment looks at the epoch.
 */
async function renew(take: TakeDeps, host: string, part: ScopeReport): Promise<boolean> {
  if (part.needsSnapshot || part.tail !== undefined) return false;
  const renewed = await take.deps.store.renewReport(part.scope, reportOf(host, part));
  if (renewed?.behind === true) resume(take, part.scope);
  return renewed !== undefined;
}

async function takeVpc(take: TakeDeps, host: string, part: ScopeReport): Promise<void> {
  const { store } = take.deps;
  const { scope, epoch } = part;
  const [status, [memberRecord, useRecord]] = await Promise.all([
    store.status(scope),
    store.read(scope, [keys.member(host), keys.use(host)]),
  ]);
  const member = memberRecord && decodeRecord<Member>(memberRecord)?.value;
  const use = useRecord && decodeRecord<HostUse>(useRecord)?.value;
  const lastEpoch = use?.epoch ?? 0;
  // It holds something at an epoch that the store has never given to it.
  const isOfLostEpoch = epoch > lastEpoch && part.revision > 0 && part.incarnation >= status.incarnation;
  // First, for it is the scope itself that tells later that all this is done.
  if (isOfLostEpoch) await replaceOwnScope(take, host, status);
  if (isOfLostEpoch || isAhead(part, status)) return heal(take, part, status);
  // A report of an earlier assignment says nothing about the present one.
  if (member?.epoch !== epoch) return tellWhatToHold(take, host, part);
  if (use?.leaves !== undefined && part.revision > 0) {
    await mutate(take.deps, scope, undefined, (tx) => leaveFormerSlot(tx, host));
  }
  await keep(take, host, part);
}

async function takeOwn(take: TakeDeps, host: string, part: ScopeReport): Promise<void> {
  const status = await take.deps.store.status(part.scope);
  if (isAhead(part, status)) return heal(take, part, status);
  await keep(take, host, part);
}

/** Each update goes to one member of the group, so the group has one report: the newest. */
async function takePublic(take: TakeDeps, host: string, id: string, part: ScopeReport): Promise<void> {
  const { store } = take.deps;
  const [status, [record]] = await Promise.all([
    store.status(part.scope),
    store.read(part.scope, [keys.public(id)]),
  ]);
  if (record === undefined || record.revision === 0) return;
  if (isAhead(part, status)) return heal(take, part, status);
  const { incarnation, failures, revision } = part;
  const body = encodeReportBody({ host, failures });
  await store.putReport(part.scope, { reporter: subscriptions.group, incarnation, epoch: 0, revision, body });
}

async function heal(take: TakeDeps, part: ScopeReport, status: ScopeStatus): Promise<void> {
  if (await outlive(take.deps, part.scope, status, part)) take.counts.rollbacks++;
}

async function keep(take: TakeDeps, host: string, part: ScopeReport): Promise<void> {
  const { store } = take.deps;
  const { scope, epoch, tail, needsSnapshot } = part;
  const report = reportOf(host, part);
  const { kept, behind } = await store.putReport(scope, report);
  if (!kept && needsSnapshot) {
    // The host has lost what it reported before: that must not count any more.
    await store.forgetReport(scope, host, epoch);
    await store.putReport(scope, report);
  }
  if (needsSnapshot) await sendWork(take.deps, { kind: 'resync', scope, host, epoch });
  else if (tail !== undefined) await sendWork(take.deps, { kind: 'tail', scope, host, epoch, tail });
  if (behind) resume(take, scope);
}

function reportOf(
  reporter: string,
  { incarnation, epoch, revision, failures, digest, reading }: ScopeReport,
): Report {
  const body = encodeReportBody({
    failures,
    ...(digest === undefined ? {} : { digest }),
    ...(reading === undefined ? {} : { reading }),
  });
  return { reporter, incarnation, epoch, revision, body };
}

function resume({ deps, later }: TakeDeps, scope: Scope): void {
  later.ask(`resume ${scope}`, RESUME_DELAY_MS, () => sendWork(deps, { kind: 'resume', scope }));
}

/** The host has acknowledged its fence: the slot is free, and nothing remains of the assignment. */
async function takeLeft(deps: ServerDeps, host: string, left: LeftReport): Promise<void> {
  const { kind, id: vpcId } = splitScope(left.scope);
  if (kind !== 'vpc') return;
  const { partition, slot, epoch } = left;
  const released: Member = { hostId: host, partition, slot, epoch };
  for (const scope of await endMembership(deps.store, { vpcId, released })) deps.wake(scope);
  await finishVpc(deps, vpcId);
}
