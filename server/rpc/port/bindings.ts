/** How bindings change: pure, so that the rules of proto/vpcast/v1/port.proto stand in one place. */
import { isDeepStrictEqual } from 'node:util';
import { PlatformError } from '../../../core/errors.ts';
import type { Binding, Port } from '../../../core/model/resources.ts';
import type { UseChange } from '../../../core/placement/membership.ts';

/** A host that a port shall be bound on, as it is registered. */
export interface BindTarget {
  readonly hostId: string;
  readonly vtepIp: string;
}

export interface BindTerms {
  readonly state: Binding['state'];
  /** '' and {} leave those of an existing binding as they are. */
  readonly vnicType: string;
  readonly profile: string;
}

const DEFAULT_VNIC_TYPE = 'normal';
const NO_PROFILE = '{}';
/** The commit that writes the binding is the first that its host can report; see server/port-status.ts. */
const ITS_OWN_COMMIT = 0;

/** `bindings` must be settled (server/port-status.ts), as everywhere here. */
export function bind(
  port: Port,
  bindings: readonly Binding[],
  host: BindTarget,
  terms: BindTerms,
): Binding[] {
  const held = bindings.find((binding) => binding.hostId === host.hostId);
  const active = bindings.find((binding) => binding.state === 'active');
  if (terms.state === 'active' && active !== undefined && active !== held) {
    throw refused(port, `is active on host ${active.hostId}; use MigratePort`);
  }
  if (terms.state === 'inactive' && active !== undefined && active === held) {
    throw refused(port, `is active on host ${held.hostId}`);
  }
  return replace(bindings, {
    hostId: host.hostId,
    state: terms.state,
    vtepIp: host.vtepIp,
    vnicType: terms.vnicType || (held?.vnicType ?? DEFAULT_VNIC_TYPE),
    profile: terms.profile || (held?.profile ?? NO_PROFILE),
    boundAfter: held?.state === terms.state ? held.boundAfter : ITS_OWN_COMMIT,
  });
}

/** '' = from every host. */
export function unbind(bindings: readonly Binding[], hostId: string): Binding[] {
  return hostId === '' ? [] : bindings.filter((binding) => binding.hostId !== hostId);
}

/** The former active binding ends; its VNIC type and profile go along unless the host has prepared its own. */
export function migrate(bindings: readonly Binding[], host: BindTarget): Binding[] {
  const source = bindings.find((binding) => binding.state === 'active');
  const prepared = bindings.find((binding) => binding.hostId === host.hostId);
  const like = prepared ?? source;
  const rest = source === undefined || source === prepared ? bindings : unbind(bindings, source.hostId);
  return replace(rest, {
    hostId: host.hostId,
    state: 'active',
    vtepIp: host.vtepIp,
    vnicType: like?.vnicType ?? DEFAULT_VNIC_TYPE,
    profile: like?.profile ?? NO_PROFILE,
    boundAfter: prepared?.state === 'active' ? prepared.boundAfter : ITS_OWN_COMMIT,
  });
}

/** Adds (or takes away, with -1) what a port makes of the use of its hosts. */
export function addUse(uses: Map<string, UseChange>, port: Port | undefined, sign: 1 | -1): void {
  for (const { hostId } of port?.bindings ?? []) {
    const { bindings, groups } = uses.get(hostId) ?? { bindings: 0, groups: new Map<string, number>() };
    const sums = new Map(groups);
    for (const id of port?.securityGroupIds ?? []) sums.set(id, (sums.get(id) ?? 0) + sign);
    uses.set(hostId, { bindings: bindings + sign, groups: sums });
  }
}

/** False = what comes and what goes are the same. */
export function changesUse({ bindings, groups }: UseChange): boolean {
  return bindings !== 0 || [...groups.values()].some((delta) => delta !== 0);
}

function replace(bindings: readonly Binding[], next: Binding): Binding[] {
  const at = bindings.findIndex((binding) => binding.hostId === next.hostId);
  if (at < 0) return [...bindings, next];
  return bindings.map((binding, i) => (i === at && !isDeepStrictEqual(binding, next) ? next : binding));
}

function refused(port: Port, problem: string): PlatformError {
  return new PlatformError('failed_precondition', `port ${JSON.stringify(port.id)} ${problem}`, {
    resource: { type: 'port', id: port.id },
  });
}
