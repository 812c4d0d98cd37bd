/** How bindings change: pure, so that the rules of proto/vpcast/v1/port.proto stand in one place. */
import { isDeepStrictEqual } from 'node:util';
import { PlatformError } from '../../../core/errors.ts';
import type { Binding, Port } from '../../../core/model/resources.ts';

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

/** Per host, how many bindings more or fewer there are. */
export function useChanges(before: readonly Binding[], after: readonly Binding[]): Map<string, number> {
  const changes = new Map<string, number>();
  const add = (hostId: string, delta: number): void => {
    changes.set(hostId, (changes.get(hostId) ?? 0) + delta);
  };
  for (const { hostId } of before) add(hostId, -1);
  for (const { hostId } of after) add(hostId, 1);
  return changes;
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
