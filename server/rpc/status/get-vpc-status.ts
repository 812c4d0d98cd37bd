import type { Decoded } from '../../../core/codec/records.ts';
import { decodeReportBody } from '../../../core/codec/report-body.ts';
import { notFound } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Member } from '../../../core/model/resources.ts';
import { lanesOf, partitionsOf } from '../../../core/placement/lanes.ts';
import { isContinued, membersCounter } from '../../../core/placement/membership.ts';
import type { Scope, ScopeStatus } from '../../../core/store/port.ts';
import type { GetVpcStatusRequest } from '../../../proto/gen/vpcast/v1/GetVpcStatusRequest.ts';
import type { HostProgressInput } from '../../../proto/gen/vpcast/v1/HostProgress.ts';
import type { VpcStatusInput } from '../../../proto/gen/vpcast/v1/VpcStatus.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { readLane } from '../../lanes.ts';
import { offlineAmong, offlineHosts } from '../../leases/presence.ts';
import { readVpc } from '../locate.ts';
import { listRecords, pageOf } from '../paging.ts';
import { portsCounter } from '../port/write-ports.ts';
import { presentFailure } from './failures.ts';

export async function getVpcStatus(deps: ServerDeps, request: GetVpcStatusRequest): Promise<VpcStatusInput> {
  const { store, leaseAlarm } = deps;
  const vpcId = fields.id('id', request.id);
  const page = pageOf(request);
  await readVpc(store, vpcId);
  const scope = scopes.vpc(vpcId);
  const lane = await readLane(store, scope);
  // Gone only when the VPC was cleared away since it was looked at.
  if (lane === undefined) throw notFound('vpc', vpcId);
  const { former } = lane;
  const partitions = lanesOf(lane).flatMap(partitionsOf);
  const [status, offline, [ports = 0, ...hosts], { items, nextPageToken }] = await Promise.all([
    store.status(scope),
    offlineMembers(deps, scope),
    store.counters(scope, [portsCounter, ...partitions.map(membersCounter)]),
    listRecords<Member>(store, scope, 'member', page),
  ]);
  return {
    vpcId,
    cluster: lane.cluster,
    topic: lane.topic,
    partitions: lane.partitions,
    revision: status.revision,
    dispatchedRevision: status.dispatched,
    hostCount: hosts.reduce((sum, count) => sum + count, 0),
    portCount: ports,
    hosts: await progress(deps, scope, items, status),
    nextPageToken,
    offlineHosts: offline,
    leaseAlarm: leaseAlarm?.() ?? '',
    formerCluster: former?.cluster ?? '',
    formerTopic: former?.topic ?? '',
  };
}

/** How many members are offline. */
async function offlineMembers(deps: ServerDeps, scope: Scope): Promise<number> {
  const offline = await offlineHosts(deps);
  const members = await deps.store.read(scope, offline.map(keys.member));
  return members.filter((record) => record.body !== undefined).length;
}

async function progress(
  deps: ServerDeps,
  scope: Scope,
  members: readonly Decoded<Member>[],
  { dispatched, due }: ScopeStatus,
): Promise<HostProgressInput[]> {
  const { store } = deps;
  const hosts = members.map(({ value }) => value.hostId);
  const [sent, reports, offline] = await Promise.all([
    store.sent(scope, hosts),
    store.reports(scope, hosts),
    offlineAmong(deps, hosts),
  ]);
  return members.map(({ value: member, revision: joinedAt }, i) => {
    const { hostId, partition, slot, epoch } = member;
    const report = reports[i] !== undefined && isContinued(member, reports[i].epoch) ? reports[i] : undefined;
    // Before its joining is dispatched, it is not the host's present membership that the store speaks of.
    const isDispatched = joinedAt <= dispatched;
    const sentRevision = isDispatched ? (sent[i] ?? 0) : 0;
    return {
      ...{ hostId, partition, slot, epoch, sentRevision },
      offline: offline.has(hostId),
      held: isDispatched && sentRevision < due,
      appliedRevision: report?.revision ?? 0,
      failures: report === undefined ? [] : decodeReportBody(report).failures.map(presentFailure),
    };
  });
}
