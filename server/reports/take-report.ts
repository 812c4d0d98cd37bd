import { decodeRecord } from '../../core/codec/records.ts';
import { encodeReportBody } from '../../core/codec/report-body.ts';
import type { HostReport, LeftReport, ScopeReport } from '../../core/codec/report.ts';
import { encodeWork } from '../../core/codec/work.ts';
import { keys, splitScope } from '../../core/model/keys.ts';
import type { Member } from '../../core/model/resources.ts';
import { endMembership } from '../../core/placement/leaving.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import type { Report, Store } from '../../core/store/port.ts';
import type { ServerDeps } from '../deps.ts';
import { finishDeletedVpc } from '../rpc/vpc/finish-deleted-vpc.ts';

/** Keeps what a host says. All of it may be repeated. */
export async function takeReport(deps: ServerDeps, report: HostReport): Promise<void> {
  await Promise.all([
    ...report.scopes.map((part) => takeScope(deps, report.host, part)),
    ...report.left.map((left) => takeLeft(deps, report.host, left)),
  ]);
}

async function takeScope(deps: ServerDeps, host: string, part: ScopeReport): Promise<void> {
  const { kind, id } = splitScope(part.scope);
  if (kind === 'public') return takePublic(deps.store, host, id, part);
  const takesPart = kind === 'vpc' ? await isMember(deps.store, host, part) : kind === 'host' && id === host;
  if (!takesPart) return;
  const { epoch, revision, incarnation, failures, digest } = part;
  const body = encodeReportBody({ failures, ...(digest === undefined ? {} : { digest }) });
  await put(deps.store, part, { reporter: host, incarnation, epoch, revision, body });
  if (part.needsSnapshot) await askForSnapshot(deps, host, part);
}

/** A report of an earlier assignment says nothing about the present one. */
async function isMember(store: Store, host: string, { scope, epoch }: ScopeReport): Promise<boolean> {
  const [record] = await store.read(scope, [keys.member(host)]);
  const member = record && decodeRecord<Member>(record);
  return member?.value.epoch === epoch;
}

async function put(
  store: Store,
  { scope, epoch, needsSnapshot }: ScopeReport,
  report: Report,
): Promise<void> {
  const { kept } = await store.putReport(scope, report);
  if (kept || !needsSnapshot) return;
  // The host has lost what it reported before: that must not count any more.
  await store.forgetReport(scope, report.reporter, epoch);
  await store.putReport(scope, report);
}

async function askForSnapshot(deps: ServerDeps, host: string, { scope, epoch }: ScopeReport): Promise<void> {
  const [home] = deps.clusters.values();
  if (home === undefined) return;
  const work = encodeWork({ kind: 'resync', scope, host, epoch });
  await home.bus.sendByKey(deps.topics.work, deps.workPartitions, scope, work);
}

/** Each update goes to one member of the group, so the group has one report: the newest. */
async function takePublic(store: Store, host: string, id: string, part: ScopeReport): Promise<void> {
  const [record] = await store.read(part.scope, [keys.public(id)]);
  if (record === undefined || record.revision === 0) return;
  const { incarnation, failures, revision } = part;
  const body = encodeReportBody({ host, failures });
  await store.putReport(part.scope, { reporter: subscriptions.group, incarnation, epoch: 0, revision, body });
}

/** The host has acknowledged its fence: the slot is free, and nothing remains of the assignment. */
async function takeLeft(deps: ServerDeps, host: string, left: LeftReport): Promise<void> {
  const { kind, id: vpcId } = splitScope(left.scope);
  if (kind !== 'vpc') return;
  const { partition, slot, epoch } = left;
  const released: Member = { hostId: host, partition, slot, epoch };
  for (const scope of await endMembership(deps.store, { vpcId, released })) deps.wake(scope);
  try {
    await finishDeletedVpc(deps, vpcId);
  } catch (error) {
    // Its cluster may be away for long, and what else the host says must not wait for that.
    deps.logger.warn('deleted VPC is not cleared away yet', { vpc: vpcId, error });
  }
}
