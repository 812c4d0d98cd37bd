import type { ExplainPortResponseInput } from '../../proto/gen/vpcast/agent/v1/ExplainPortResponse.ts';
import type { UplinkInput } from '../../proto/gen/vpcast/agent/v1/Uplink.ts';
import type { Vpc } from '../../proto/gen/vpcast/agent/v1/Vpc.ts';
import { describeUplink, describeVpcs, findPort } from './describe.ts';
import type { Described } from './describe.ts';

/** Where a port stands on this host, and what stands in its way; what comes first has to be mended first. */
export function explainPort(agent: Described, portId: string): ExplainPortResponseInput {
  const uplink = describeUplink(agent);
  const vpcs = describeVpcs(agent);
  const port = findPort(agent, portId);
  const vpc = vpcs.find(({ id }) => id === port?.vpcId);
  if (port === undefined || vpc === undefined) {
    const waiting = vpcs.filter((each) => each.needsSnapshot).flatMap(vpcReasons);
    const unknown = `the port is in no VPC that host ${agent.hostId} holds`;
    return { uplink, reasons: [...uplinkReasons(uplink), ...waiting, unknown] };
  }
  const failure = port.failure ? [`the port could not be applied: ${port.failure}`] : [];
  return { port, vpc, uplink, reasons: [...uplinkReasons(uplink), ...vpcReasons(vpc), ...failure] };
}

function uplinkReasons({ registered, registeredAtMs, listening, reportedAtMs }: UplinkInput): string[] {
  if (registered !== true) return ['the control service has not answered yet'];
  const reasons: string[] = [];
  if (registeredAtMs === 0)
    reasons.push('the control service has not answered since the start; an earlier answer is used');
  if (listening !== true)
    reasons.push("the host's own lane is not listened to: the broker, or the way to it");
  if (reportedAtMs === 0) reasons.push('no report has gone since the start');
  return reasons;
}

function vpcReasons({ id, epoch, revision, needsSnapshot, listening }: Vpc): string[] {
  const reasons: string[] = [];
  if (!listening) reasons.push(`the slot of VPC ${id} at epoch ${epoch} is not listened to`);
  if (needsSnapshot)
    reasons.push(`VPC ${id} waits for a snapshot; it is complete up to revision ${revision}`);
  return reasons;
}
