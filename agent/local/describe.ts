import type { ScopeReport } from '../../core/codec/report.ts';
import { keys, splitKey, splitScope } from '../../core/model/keys.ts';
import type { Neighbor, Port } from '../../core/model/resources.ts';
import { isLocalPort } from '../../core/model/view.ts';
import type { Entry } from '../../core/model/view.ts';
import type { PortInput } from '../../proto/gen/vpcast/agent/v1/Port.ts';
import type { StatusInput } from '../../proto/gen/vpcast/agent/v1/Status.ts';
import type { UplinkInput } from '../../proto/gen/vpcast/agent/v1/Uplink.ts';
import type { Vpc } from '../../proto/gen/vpcast/agent/v1/Vpc.ts';
import type { Agent } from '../agent.ts';
import { assignmentId } from '../state.ts';

/** What all answers are made from; of a running agent. */
export type Described = Pick<
  Agent,
  'hostId' | 'counters' | 'view' | 'entries' | 'scopes' | 'listening' | 'readingAlong' | 'uplink'
>;

export interface ProcessFacts {
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
}

export function describeStatus(agent: Described, facts: ProcessFacts): StatusInput {
  const vpcs = describeVpcs(agent);
  return {
    hostId: agent.hostId,
    ...facts,
    uplink: describeUplink(agent),
    vpcs: vpcs.length,
    ports: vpcs.reduce((sum, vpc) => sum + vpc.ports, 0),
    failures: agent
      .scopes()
      .flatMap(({ scope, failures }) => failures.map((failure) => ({ scope, ...failure }))),
    counters: { ...agent.counters },
  };
}

export function describeUplink(agent: Described): UplinkInput {
  const { registration, registeredAtMs = 0, isListening, reportedAtMs = 0 } = agent.uplink();
  return {
    registered: registration !== undefined,
    registeredAtMs,
    ...(registration === undefined ? {} : { lane: { ...registration.lane } }),
    listening: isListening,
    reportedAtMs,
  };
}

/** Also those that wait for their snapshot. */
export function describeVpcs(agent: Described): Vpc[] {
  const listening = new Set(agent.listening());
  const along = new Set(agent.readingAlong());
  return vpcReports(agent).map(({ id, report }) => {
    const entries = [...(agent.view(id)?.values() ?? [])];
    const portEntries = entries.filter(isPort);
    const ports = portEntries.filter(isLocalPort).length;
    return {
      id,
      epoch: report.epoch,
      incarnation: report.incarnation,
      revision: report.revision,
      needsSnapshot: report.needsSnapshot,
      listening: listening.has(assignmentId(id, report.epoch)),
      readsAlong: along.has(id),
      ports,
      neighbors: portEntries.length - ports,
      entries: entries.length,
      failures: report.failures.length,
    };
  });
}

/** Those that are bound here; with `neighbors` all that the host knows. */
export function describePorts(agent: Described, neighbors: boolean): PortInput[] {
  return vpcReports(agent).flatMap(({ id, report }) => {
    const reasons = new Map(report.failures.map(({ key, reason }) => [key, reason]));
    return [...(agent.view(id)?.values() ?? [])]
      .filter((entry) => isPort(entry) && (neighbors || isLocalPort(entry)))
      .map((entry) => describePort(id, entry, reasons.get(entry.key) ?? ''));
  });
}

/** The port as the host knows it, in whichever VPC it is. */
export function findPort(agent: Described, portId: string): PortInput | undefined {
  for (const { id, report } of vpcReports(agent)) {
    const entry = agent.view(id)?.get(keys.port(portId));
    if (entry === undefined) continue;
    return describePort(id, entry, report.failures.find(({ key }) => key === entry.key)?.reason ?? '');
  }
  return undefined;
}

function vpcReports(agent: Described): { id: string; report: ScopeReport }[] {
  return agent.scopes().flatMap((report) => {
    const { kind, id } = splitScope(report.scope);
    return kind === 'vpc' ? [{ id, report }] : [];
  });
}

function describePort(vpcId: string, entry: Entry, failure: string): PortInput {
  const { id } = splitKey(entry.key);
  const { revision } = entry;
  const isBound = isLocalPort(entry);
  const form = isBound ? ('FORM_BOUND' as const) : ('FORM_NEIGHBOR' as const);
  return { id, vpcId, form, revision, failure, ...addressesOf(entry) };
}

/** What cannot be read is shown without; the failure says why. */
function addressesOf({ body = '' }: Entry): Pick<PortInput, 'macAddress' | 'ipAddresses' | 'hostId'> {
  let value: Partial<Port & Neighbor> | null;
  try {
    value = JSON.parse(body) as Partial<Port & Neighbor> | null;
  } catch {
    return {};
  }
  const { macAddress = '', fixedIps, ipAddresses, hostId = '' } = value ?? {};
  const addresses = fixedIps?.map(({ ipAddress }) => ipAddress) ?? ipAddresses ?? [];
  return { macAddress, ipAddresses: [...addresses], hostId };
}

function isPort({ key }: Entry): boolean {
  return splitKey(key).kind === 'port';
}
