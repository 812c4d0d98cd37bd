import type { RecordKey, StoredRecord } from '../store/port.ts';
import { concernedBy, groupIdOf, groupsNamedIn, isGroup } from './interest.ts';
import type { Concerned } from './interest.ts';
import { keys, resourceKinds, splitKey } from './keys.ts';
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
 * What hosts shall hold of a record: one form for some hosts, another for all others. Two forms, however many hosts, so
 * that a change is encoded twice and not once per host. Undefined = the record does not concern the host.
 */
export interface Projection {
  /** For hosts in `localHosts`: those that a port is bound on. */
  readonly local: Entry | undefined;
  /** For every other host of the VPC. */
  readonly remote: Entry | undefined;
  readonly localHosts: ReadonlySet<string>;
  /** Security groups that a port is in. */
  readonly groupIds: readonly string[];
}

const nobody: ReadonlySet<string> = new Set();

/** Of anything but a security group: whom that concerns, it does not say itself. */
export function project(record: StoredRecord): Projection {
  const { kind } = splitKey(record.key);
  if (kind !== 'port' || record.body === undefined)
    return { local: record, remote: record, localHosts: nobody, groupIds: [] };
  const port = JSON.parse(record.body) as Port;
  const neighbor = neighborOf(port);
  return {
    local: record,
    remote: { key: record.key, revision: record.revision, body: neighbor && JSON.stringify(neighbor) },
    localHosts: new Set(port.bindings.map((binding) => binding.hostId)),
    groupIds: port.securityGroupIds,
  };
}

/**
 * A security group for the hosts that it concerns. Among those that are sent it, what most of them get is what all
 * others get, too, so that they share it.
 */
export function projectGroup(
  record: StoredRecord,
  concerned: ReadonlySet<string>,
  receivers: readonly string[] = [],
): Projection {
  if (2 * concerned.size <= receivers.length || receivers.length === 0)
    return { local: record, remote: undefined, localHosts: concerned, groupIds: [] };
  const others = new Set(receivers.filter((host) => !concerned.has(host)));
  return { local: undefined, remote: record, localHosts: others, groupIds: [] };
}

/** In which security groups the hosts have ports. */
export function membersOf(projections: Iterable<Projection>): Map<string, Set<string>> {
  const members = new Map<string, Set<string>>();
  for (const { localHosts, groupIds } of projections) {
    if (groupIds.length === 0) continue;
    for (const host of localHosts) {
      const groups = members.get(host) ?? new Set();
      for (const id of groupIds) groups.add(id);
      members.set(host, groups);
    }
  }
  return members;
}

/** Of all that a VPC's hosts receive, in its order. */
export function projectAll(
  records: readonly StoredRecord[],
  receivers?: readonly string[],
): readonly Projection[] {
  const apart = records.map((record) => (isGroup(record.key) ? undefined : project(record)));
  const concerned = concernedIn(
    records,
    apart.flatMap((projection) => projection ?? []),
  );
  return records.map(
    (record, i) =>
      apart[i] ?? projectGroup(record, concerned.get(groupIdOf(record.key)) ?? nobody, receivers),
  );
}

/** Whom the groups of a VPC concern, by all its records and what is made of its ports. */
export function concernedIn(records: readonly StoredRecord[], ports: Iterable<Projection>): Concerned {
  const named = new Map<string, readonly string[]>();
  for (const { key, body } of records) {
    if (isGroup(key) && body !== undefined) named.set(groupIdOf(key), groupsNamedIn(body));
  }
  return concernedBy(membersOf(ports), (id) => named.get(id) ?? []);
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

/** Undefined = it does not concern the host. */
export function entryFor(projection: Projection, hostId: string): Entry | undefined {
  return projection.localHosts.has(hostId) ? projection.local : projection.remote;
}

const PORT = keys.port('');
/** How what `neighborOf` makes begins. */
const NEIGHBOR = '{"kind":"neighbor","id":"';

/** True for a port in the form that a host gets on which it is bound. */
export function isLocalPort({ key, body }: Entry): boolean {
  return body !== undefined && key.startsWith(PORT) && !body.startsWith(NEIGHBOR);
}

/** True for a port as another host's, by its first members: there are very many and no reason to parse each. */
export function isNeighbor({ key, body }: Entry): boolean {
  if (body === undefined || !key.startsWith(PORT) || !body.startsWith(NEIGHBOR)) return false;
  const id = key.slice(PORT.length);
  return body.startsWith(id, NEIGHBOR.length) && body.startsWith('",', NEIGHBOR.length + id.length);
}

/** What a host that takes part in the scope shall hold, compiled from the desired state alone. */
export function compileView(records: Iterable<StoredRecord>, hostId: string): Map<RecordKey, Entry> {
  return viewCompiler(records)(hostId);
}

/** The same for many hosts: the records are projected once. */
export function viewCompiler(records: Iterable<StoredRecord>): (hostId: string) => Map<RecordKey, Entry> {
  const projections = projectAll([...records].filter((record) => isResource(record.key)));
  return (hostId) => {
    const view = new Map<RecordKey, Entry>();
    for (const projection of projections) {
      const entry = entryFor(projection, hostId);
      if (entry?.body !== undefined) view.set(entry.key, entry);
    }
    return view;
  };
}
