import { isCount, isObject } from '../core/codec/shapes.ts';
import { keys, scopes, splitKey } from '../core/model/keys.ts';
import type { Assignment, Lane } from '../core/model/resources.ts';
import type { Entry } from '../core/model/view.ts';
import type { Scope } from '../core/store/port.ts';
import { assignmentId } from './state.ts';
import type { HostState } from './state.ts';

/** The assignment that an entry of the host's scope holds; undefined where it holds none, or a malformed one. */
export function parseAssignment(entry: Entry): Assignment | undefined {
  const { kind, id } = splitKey(entry.key);
  if (kind !== 'assignment' || entry.body === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(entry.body);
  } catch {
    return undefined;
  }
  return isAssignment(value) && assignmentId(value.vpcId, value.epoch) === id ? value : undefined;
}

/** The lane that an entry of a VPC's scope holds; undefined where it holds none, or a malformed one. */
export function parseLane(entry: Entry): Lane | undefined {
  if (entry.key !== keys.fanOutLane || entry.body === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(entry.body);
    return isLane(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isAssignment(value: unknown): value is Assignment {
  if (!isObject(value) || !isObject(value['lane'])) return false;
  const { lane, partition } = value;
  const { base = 0 } = lane;
  return (
    [value['vpcId'], value['hostId'], lane['cluster'], lane['topic']].every(isText) &&
    [partition, value['slot'], value['epoch'], base].every(isCount) &&
    (partition as number) >= (base as number) &&
    (value['state'] === 'member' || value['state'] === 'leaving')
  );
}

function isLane(value: unknown): value is Lane {
  return (
    isObject(value) &&
    [value['cluster'], value['topic']].every(isText) &&
    isCount(value['partitions']) &&
    value['partitions'] !== 0
  );
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

export interface Known extends Assignment {
  readonly scope: Scope;
  /** The host's own records have it. */
  readonly isRecorded: boolean;
}

/** What the host takes part in, or drains, by {@link assignmentId}: its records, and joins whose record is to come. */
export function knownAssignments(state: HostState, hostId: string): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const [id, assignment] of state.joined) {
    known.set(id, { ...assignment, scope: scopes.vpc(assignment.vpcId), isRecorded: false });
  }
  for (const entry of state.held.get(scopes.host(hostId))?.replica.entries.values() ?? []) {
    const assignment = parseAssignment(entry);
    if (assignment === undefined) continue;
    const id = assignmentId(assignment.vpcId, assignment.epoch);
    known.set(id, { ...assignment, scope: scopes.vpc(assignment.vpcId), isRecorded: true });
  }
  for (const [id, { vpcId, epoch }] of known) if (state.isLeft(vpcId, epoch)) known.delete(id);
  return known;
}

/** True while some assignment calls for what the host holds of a VPC: its own one, or a newer one that replaces it. */
export function isCalledFor(known: Iterable<Known>, scope: Scope, epoch: number): boolean {
  for (const each of known) {
    if (each.scope !== scope) continue;
    if (each.epoch === epoch || (each.epoch > epoch && each.state === 'member')) return true;
  }
  return false;
}
