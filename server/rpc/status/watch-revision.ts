import { isDeepStrictEqual } from 'node:util';
import { decodeRecord } from '../../../core/codec/records.ts';
import { invalid } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Port } from '../../../core/model/resources.ts';
import { pause } from '../../../core/retry.ts';
import type { ScopeStatus, Store } from '../../../core/store/port.ts';
import type { PortProgressInput } from '../../../proto/gen/vpcast/v1/PortProgress.ts';
import type { RevisionProgressInput } from '../../../proto/gen/vpcast/v1/RevisionProgress.ts';
import type { WatchRevisionRequest } from '../../../proto/gen/vpcast/v1/WatchRevisionRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { portStatuses } from '../../port-status.ts';
import { readVpc } from '../locate.ts';
import { isDefined } from '../paging.ts';
import { missing } from '../port/errors.ts';
import { Audience } from './audience.ts';
import { presentFailure } from './failures.ts';

const MAX_PORTS = 1_000;
const MAX_PENDING = 10;
const SHORTEST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;
const LOOK_AGAIN_MS = 1_000;

/** Yields the state at once, then each change of it; ends after the message with done = true, or when cancelled. */
export async function* watchRevision(
  deps: ServerDeps,
  request: WatchRevisionRequest,
  call: { readonly signal: AbortSignal },
): AsyncGenerator<RevisionProgressInput, void, undefined> {
  const { store } = deps;
  const vpcId = fields.id('vpc_id', request.vpcId);
  const portIds = narrowPortIds(request.portIds);
  const scope = scopes.vpc(vpcId);
  await readVpc(store, vpcId);
  await needPorts(store, vpcId, portIds);
  let status = await store.status(scope);
  const revision =
    fields.integer('revision', request.revision, 0, Number.MAX_SAFE_INTEGER) || status.revision;
  if (revision > status.revision) throw invalid('revision', `is above the VPC's, ${status.revision}`);

  const audience = await Audience.of(deps, scope, revision);
  let last: RevisionProgressInput | undefined;
  while (!call.signal.aborted) {
    const startedMs = performance.now();
    await audience.look(status.dispatched);
    await readVpc(store, vpcId);
    const pending = audience.pending;
    const next: RevisionProgressInput = {
      vpcId,
      revision,
      hostsTotal: audience.applied + pending.length + audience.offline,
      hostsApplied: audience.applied,
      hostsOffline: audience.offline,
      pendingHosts: pending.slice(0, MAX_PENDING),
      failures: audience.failures.map(presentFailure),
      ports: await portProgress(deps, vpcId, portIds),
      done: pending.length === 0 && status.dispatched >= revision,
    };
    if (!isDeepStrictEqual(next, last)) yield next;
    if (next.done === true) return;
    last = next;
    // A large audience is looked at less often, so that a watch never keeps the store busy.
    const leastMs = Math.max(SHORTEST_PAUSE_MS, 2 * (performance.now() - startedMs));
    const changed = await nextChange(() => store.status(scope), status, leastMs, call.signal);
    if (changed === undefined) return;
    status = changed;
  }
}

/**
 * Polls, ever more slowly, until there is something new; undefined = cancelled. That a host fell silent, or is back, does
 * not show in the status, so now and then the same counts as new.
 */
async function nextChange(
  read: () => Promise<ScopeStatus>,
  seen: ScopeStatus,
  leastMs: number,
  signal: AbortSignal,
): Promise<ScopeStatus | undefined> {
  const untilMs = performance.now() + Math.max(LOOK_AGAIN_MS, 5 * leastMs);
  for (let waitMs = leastMs; ; waitMs = Math.min(waitMs * 1.5, Math.max(leastMs, LONGEST_PAUSE_MS))) {
    try {
      await pause(waitMs, signal);
    } catch {
      return undefined;
    }
    const status = await read();
    if (performance.now() >= untilMs || !isDeepStrictEqual(status, seen)) return status;
  }
}

function narrowPortIds(ids: readonly string[]): string[] {
  if (ids.length > MAX_PORTS) throw invalid('port_ids', `must have at most ${MAX_PORTS} entries`);
  return ids.map((id, i) => fields.id(`port_ids[${i}]`, id));
}

async function needPorts(store: Store, vpcId: string, portIds: readonly string[]): Promise<void> {
  const records = await store.read(scopes.vpc(vpcId), portIds.map(keys.port));
  portIds.forEach((id, i) => {
    if (records[i]?.body === undefined) throw missing(`port_ids[${i}]`, 'port', id);
  });
}

/** A port that was deleted meanwhile is down. */
async function portProgress(
  deps: ServerDeps,
  vpcId: string,
  portIds: readonly string[],
): Promise<PortProgressInput[]> {
  if (portIds.length === 0) return [];
  const records = await deps.store.read(scopes.vpc(vpcId), portIds.map(keys.port));
  const ports = records.map((record) => decodeRecord<Port>(record)).filter(isDefined);
  const statuses = await portStatuses(deps, vpcId, ports);
  const byId = new Map(ports.map((port, i) => [port.value.id, statuses[i]]));
  return portIds.map((portId) => {
    const { status, reason } = byId.get(portId) ?? { status: 'APPLY_STATUS_DOWN', reason: '' };
    return { portId, status, reason };
  });
}
