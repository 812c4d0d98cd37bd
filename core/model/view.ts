import type { RecordKey, StoredRecord } from '../store/port.ts';
import { resourceKinds, splitKey } from './keys.ts';
import type { Neighbor, Port } from './resources.ts';

/** One resource as a host holds it. */
export interface Entry {
  readonly key: RecordKey;
  readonly revision: number;
  /** JSON text; undefined = the host shall not have it. */
  readonly body: string | undefined;
}

const kinds: ReadonlySet<string> = new Set(resourceKinds);

export function isResource(key: RecordKey): boolean {
  return kinds.has(splitKey(key).kind);
}

/**
 * What hosts shall hold of a record: one form for the hosts that a port is bound on, another for all others. Two
 * forms, however many hosts, so that a change is encoded twice and not once per host.
 */
export interface Projection {
  /** For hosts in `localHosts`. */
  readonly local: Entry;
  /** For every other host of the VPC. */
  readonly remote: Entry;
  readonly localHosts: ReadonlySet<string>;
}

const nobody: ReadonlySet<string> = new Set();

export function project(record: StoredRecord): Projection {
  const { kind } = splitKey(record.key);
  if (kind !== 'port' || record.body === undefined)
    return { local: record, remote: record, localHosts: nobody };
  const port = JSON.parse(record.body) as Port;
  const neighbor = neighborOf(port);
  return {
    local: record,
    remote: { key: record.key, revision: record.revision, body: neighbor && JSON.stringify(neighbor) },
    localHosts: new Set(port.bindings.map((binding) => binding.hostId)),
  };
}

/** A port without an active binding is nowhere: no neighbour can reach it. */
function neighborOf(port: Port): Neighbor | undefined {
  const active = port.bindings.find((binding) => binding.state === 'active');
  if (active === undefined) return undefined;
  return {
    kind: 'neighbor',
    id: port.id,
    macAddress: port.macAddress,
    ipAddresses: port.fixedIps.map((ip) => ip.ipAddress),
    hostId: active.hostId,
    vtepIp: active.vtepIp,
    securityGroupIds: port.securityGroupIds,
  };
}

export function entryFor(projection: Projection, hostId: string): Entry {
  return projection.localHosts.has(hostId) ? projection.local : projection.remote;
}

/** True for a port in the form that a host gets on which it is bound. */
export function isLocalPort({ key, body }: Entry): boolean {
  // Told by the first member, which `neighborOf` writes: there are many neighbours and no reason to parse each.
  return splitKey(key).kind === 'port' && body?.startsWith('{"kind":"neighbor"') === false;
}

/** What a host that takes part in the scope shall hold, compiled from the desired state alone. */
export function compileView(records: Iterable<StoredRecord>, hostId: string): Map<RecordKey, Entry> {
  return viewCompiler(records)(hostId);
}

/** The same for many hosts: the records are projected once. */
export function viewCompiler(records: Iterable<StoredRecord>): (hostId: string) => Map<RecordKey, Entry> {
  const projections = [...records].filter((record) => isResource(record.key)).map(project);
  return (hostId) => {
    const view = new Map<RecordKey, Entry>();
    for (const projection of projections) {
      const entry = entryFor(projection, hostId);
      if (entry.body !== undefined) view.set(entry.key, entry);
    }
    return view;
  };
}
