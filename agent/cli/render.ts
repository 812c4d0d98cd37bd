import type { DumpItem } from '../../proto/gen/vpcast/agent/v1/DumpItem.ts';
import type { ExplainPortResponse } from '../../proto/gen/vpcast/agent/v1/ExplainPortResponse.ts';
import type { ListPortsResponse } from '../../proto/gen/vpcast/agent/v1/ListPortsResponse.ts';
import type { ListVpcsResponse } from '../../proto/gen/vpcast/agent/v1/ListVpcsResponse.ts';
import type { Port } from '../../proto/gen/vpcast/agent/v1/Port.ts';
import type { Status } from '../../proto/gen/vpcast/agent/v1/Status.ts';
import type { Uplink } from '../../proto/gen/vpcast/agent/v1/Uplink.ts';
import { table } from './table.ts';

export function renderStatus(status: Status, nowMs: number): string {
  const { hostId, version, pid, startedAtMs, uplink, vpcs, ports, failures, counters } = status;
  const counts = Object.entries(counters).map(([name, count]) => `${name} ${count}`);
  return (
    facts([
      ['host', hostId],
      ['agent', `${version}, pid ${pid}, started ${ago(startedAtMs, nowMs)}`],
      ...uplinkFacts(uplink, nowMs),
      ['holds', `${vpcs} VPCs, ${ports} ports of this host`],
      ['since the start', counts.join(', ')],
      ['failed', failures.length === 0 ? 'nothing' : String(failures.length)],
    ]) +
    failures.map(({ scope, key, revision, reason }) => `  ${scope} ${key} @${revision}: ${reason}\n`).join('')
  );
}

export function renderVpcs({ vpcs }: ListVpcsResponse): string {
  const rows = vpcs.map((vpc) => [
    ...[vpc.id, vpc.epoch, vpc.revision, vpc.ports, vpc.neighbors, vpc.entries, vpc.failures],
    vpc.listening ? 'yes' : 'no',
    vpc.needsSnapshot ? 'waits for a snapshot' : '',
  ]);
  return table(
    ['VPC', 'EPOCH', 'REVISION', 'PORTS', 'NEIGHBOURS', 'ENTRIES', 'FAILED', 'LISTENING', ''],
    rows,
  );
}

export function renderPorts({ ports }: ListPortsResponse): string {
  const rows = ports.map((port) => [
    ...[port.id, port.vpcId, whereOf(port), port.revision, port.macAddress, port.ipAddresses.join(',')],
    port.failure === '' ? 'applied' : `failed: ${port.failure}`,
  ]);
  return table(['PORT', 'VPC', 'WHERE', 'REVISION', 'MAC', 'ADDRESSES', 'STATE'], rows);
}

export function renderExplanation(
  portId: string,
  { port, vpc, uplink, reasons }: ExplainPortResponse,
  nowMs: number,
): string {
  const known: Fact[] =
    port && vpc
      ? [
          ['form', port.form === 'FORM_BOUND' ? 'bound on this host' : `a neighbour, on host ${port.hostId}`],
          ['VPC', `${vpc.id}, complete up to revision ${vpc.revision}`],
          ['revision', String(port.revision)],
          ['addresses', [port.macAddress, ...port.ipAddresses].join(' ')],
          ['state', port.failure === '' ? 'applied' : `failed: ${port.failure}`],
          ['lane', `${vpc.listening ? 'listening' : 'not listening'} at epoch ${vpc.epoch}`],
        ]
      : [['form', 'not known on this host']];
  const last =
    reasons.length === 0 ? 'nothing stands in its way\n' : reasons.map((why) => `- ${why}\n`).join('');
  return facts([['port', portId], ...known, ...uplinkFacts(uplink, nowMs)]) + last;
}

export function renderDumpItem({ status, scope, entry }: DumpItem, nowMs: number): string {
  if (status) return renderStatus(status, nowMs);
  if (entry) return `  ${entry.key} @${entry.revision} ${entry.body}\n`;
  if (!scope) return '';
  const wants = scope.needsSnapshot ? ', waits for a snapshot' : '';
  return `${scope.scope} epoch ${scope.epoch}, incarnation ${scope.incarnation}, revision ${scope.revision}${wants}\n`;
}

type Fact = readonly [name: string, value: string];

function uplinkFacts(uplink: Uplink | null, nowMs: number): Fact[] {
  if (uplink === null) return [];
  const { registered, registeredAtMs, lane, listening, reportedAtMs } = uplink;
  const earlier = registered ? 'not since the start; an earlier answer is used' : 'never';
  return [
    ['registered', registeredAtMs > 0 ? ago(registeredAtMs, nowMs) : earlier],
    ...(lane
      ? [
          [
            'host lane',
            `${lane.cluster} ${lane.topic} partition ${lane.partition} slot ${lane.slot}`,
          ] as const,
        ]
      : []),
    ['listening', listening ? 'yes' : 'no'],
    ['last report', reportedAtMs > 0 ? ago(reportedAtMs, nowMs) : 'none since the start'],
  ];
}

function facts(all: readonly Fact[]): string {
  const width = Math.max(...all.map(([name]) => name.length));
  return all.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd() + '\n').join('');
}

function whereOf({ form, hostId }: Port): string {
  return form === 'FORM_BOUND' ? 'here' : hostId;
}

function ago(atMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`;
}
