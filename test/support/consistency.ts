import { decodeRecord } from '../../core/codec/records.ts';
import { keys, scopes, splitKey } from '../../core/model/keys.ts';
import type { HostUse } from '../../core/model/keys.ts';
import type {
  CopiesLane,
  Host,
  Member,
  Port,
  RouteTable,
  SecurityGroup,
  SlotHolder,
  Subnet,
  Vpc,
} from '../../core/model/resources.ts';
import { addressIn, laneOf, lanesOf, partitionsOf } from '../../core/placement/lanes.ts';
import { membersCounter } from '../../core/placement/membership.ts';
import { SLOT_COUNT } from '../../core/placement/slots.ts';
import { readSnapshot } from '../../core/store/snapshot.ts';
import type { RecordKey, Scope, Store } from '../../core/store/port.ts';
import { catalog } from '../../local/compare.ts';
import { bounds, fromNumber } from '../../server/addresses.ts';

/** Subnets above this size are not searched for addresses that no port has. */
const SEARCHED = 256n;

/**
 * What is wrong with the store by itself: half of a change without its other half. One line for each fault; none = every
 * record has what belongs to it, and every counter equals the recount. Hints too many in catalogs are no faults, nor are
 * claims without a resource, which void themselves. `macs` = those that ports may have had, which cannot be listed.
 */
export async function inconsistencies(store: Store, macs: readonly string[] = []): Promise<string[]> {
  const lists = await Promise.all(['vpc', 'vpc-removal', 'host'].map((name) => catalog(store, name)));
  const [vpcs = [], removals = [], hosts = []] = lists;
  const vpcScopes = [...new Set([...vpcs, ...removals])].map(scopes.vpc);
  const hostScopes = hosts.map(scopes.host);
  const announced = new Set((await store.announced(0, 100_000)).map(({ scope }) => scope));
  const books = await Promise.all([
    ...vpcScopes.map(async (scope) => checkVpc(await open(store, scope), macs)),
    ...hostScopes.map(async (scope) => checkHost(await open(store, scope))),
  ]);
  for (const book of books) await checkDispatch(book, announced);
  return [...books.flatMap(({ faults }) => faults), ...sharedSlots(books)];
}

/** Slots that two scopes have. */
function sharedSlots(books: readonly Book[]): string[] {
  const faults: string[] = [];
  const owners = new Map<string, Scope>();
  for (const { scope, all } of books) {
    const lanes = all<CopiesLane>('lane')[0];
    for (const { partition, slot, epoch, hostId } of all<SlotHolder>('slot')) {
      const lane = lanes && laneOf(lanes, partition);
      if (lane === undefined) {
        faults.push(`${scope}: slot ${partition}/${slot} of ${hostId} is on no lane`);
        continue;
      }
      const place = `${lane.cluster} ${JSON.stringify(addressIn(lane, { partition, slot }))}`;
      const other = owners.get(place);
      if (other !== undefined) faults.push(`${place} is of ${other} and of ${scope} at ${epoch}`);
      owners.set(place, scope);
      const { from, to } = lane.block ?? { from: 1, to: SLOT_COUNT };
      if (slot < from || slot >= to) faults.push(`${scope}: slot ${slot} is outside ${from} to ${to}`);
    }
  }
  return faults;
}

/** A scope's records by kind, and what is wrong with them. */
interface Book {
  readonly store: Store;
  readonly scope: Scope;
  readonly id: string;
  readonly faults: string[];
  readonly all: <T>(kind: string) => T[];
  /** Notes a fault where the two differ. */
  readonly same: (what: string, actual: unknown, expected: unknown) => void;
}

async function open(store: Store, scope: Scope): Promise<Book> {
  const { records } = await readSnapshot(store, scope);
  const faults: string[] = [];
  return {
    ...{ store, scope, id: scope.slice(scope.indexOf('/') + 1), faults },
    all: <T>(kind: string) => {
      const ofKind = [...records.values()].filter(({ key }) => splitKey(key).kind === kind);
      return ofKind.flatMap((record) => decodeRecord<T>(record)?.value ?? []);
    },
    same: (what, actual, expected) => {
      const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
      if (one !== other) faults.push(`${scope}: ${what} is ${one}, not ${other}`);
    },
  };
}

async function checkVpc(book: Book, macs: readonly string[]): Promise<Book> {
  const { store, id } = book;
  const [vpc] = book.all<Vpc>('vpc');
  if (vpc === undefined) book.same('number of ports without a VPC', book.all('port').length, 0);
  else {
    book.same('owner of the vni', await store.owners('vni', [String(vpc.vni)]), [id]);
    for (const name of ['vpc', `vpc@${vpc.projectId}`]) book.same(name, await lists(store, name, id), true);
    book.same('number of lanes', book.all('lane').length, 1);
  }
  await checkClaims(book);
  await checkPorts(book);
  await checkAddresses(book, macs);
  await checkCounters(book);
  await checkMembers(book);
  return book;
}

async function checkClaims({ store, id, all, same }: Book): Promise<void> {
  for (const kind of ['subnet', 'security-group', 'route-table', 'port'] as const) {
    const ids = all<{ id: string }>(kind).map((resource) => resource.id);
    const owners = await store.owners(kind, ids);
    same(
      `owners of ${kind} ${ids.join()}`,
      owners,
      ids.map(() => id),
    );
  }
}

/** Each port is listed where it is looked for, and what it refers to is there. */
async function checkPorts({ store, all, same }: Book): Promise<void> {
  const groups = new Set(all<SecurityGroup>('security-group').map(({ id }) => id));
  const subnets = new Set(all<Subnet>('subnet').map(({ id }) => id));
  for (const port of all<Port>('port')) {
    const catalogs = port.bindings.map(({ hostId }) => `ports@host/${hostId}`);
    if (port.deviceId !== '') catalogs.push(`ports@device/${port.deviceId}`);
    for (const name of catalogs) same(`${port.id} in ${name}`, await lists(store, name, port.id), true);
    for (const group of port.securityGroupIds) same(`group ${group}`, groups.has(group), true);
    for (const { subnetId } of port.fixedIps) same(`subnet ${subnetId}`, subnets.has(subnetId), true);
    const active = port.bindings.filter(({ state }) => state === 'active');
    same(`at most one active binding of ${port.id}`, active.length <= 1, true);
  }
}

/** An address, or a MAC, is taken exactly when a port has it, and by that port. */
async function checkAddresses({ store, scope, all, same }: Book, macs: readonly string[]): Promise<void> {
  const expected = new Map<RecordKey, string | undefined>(macs.map((mac) => [keys.mac(mac), undefined]));
  for (const { id, cidr } of all<Subnet>('subnet')) {
    const { family, first, last } = bounds(cidr);
    if (last - first >= SEARCHED) continue;
    for (let n = first; n <= last; n++) expected.set(keys.address(id, fromNumber(n, family)), undefined);
  }
  for (const { id, macAddress, fixedIps } of all<Port>('port')) {
    const held = [keys.mac(macAddress), ...fixedIps.map((ip) => keys.address(ip.subnetId, ip.ipAddress))];
    for (const key of held) {
      same(`other holder of ${key}`, expected.get(key), undefined);
      expected.set(key, id);
    }
  }
  for (const record of await store.read(scope, [...expected.keys()])) {
    same(
      `holder in ${record.key}`,
      decodeRecord<{ value: string }>(record)?.value.value,
      expected.get(record.key),
    );
  }
}

async function checkCounters({ store, scope, all, same }: Book): Promise<void> {
  const expected = new Map([['ports', 0]]);
  const add = (name: string, by = 1): void => void expected.set(name, (expected.get(name) ?? 0) + by);
  for (const partition of all<CopiesLane>('lane').flatMap(lanesOf).flatMap(partitionsOf)) {
    add(membersCounter(partition), 0);
  }
  for (const { partition } of all<Member>('member')) add(membersCounter(partition));
  for (const { id } of all<Subnet>('subnet')) {
    add(`subnet-ports/${id}`, 0);
    add(`subnet-tables/${id}`, 0);
  }
  for (const { subnetIds } of all<RouteTable>('route-table')) {
    for (const id of subnetIds) add(`subnet-tables/${id}`);
  }
  for (const { id, rules } of all<SecurityGroup>('security-group')) {
    add(`group-ports/${id}`, 0);
    add(`group-refs/${id}`, 0);
    const named = new Set(rules.map(({ remoteGroupId }) => remoteGroupId));
    for (const other of named) if (other !== '' && other !== id) add(`group-refs/${other}`);
  }
  for (const { fixedIps, securityGroupIds } of all<Port>('port')) {
    add('ports');
    for (const { subnetId } of fixedIps) add(`subnet-ports/${subnetId}`);
    for (const id of securityGroupIds) add(`group-ports/${id}`);
  }
  const names = [...expected.keys()];
  const counted = await store.counters(scope, names);
  names.forEach((name, i) => {
    same(`counter ${name}`, counted[i], expected.get(name));
  });
}

/** A host is a member exactly while ports are bound on it, and each member holds a slot, alone. */
async function checkMembers({ store, scope, all, same }: Book): Promise<void> {
  const bindings = new Map<string, number>();
  const groups = new Map<string, Record<string, number>>();
  for (const port of all<Port>('port')) {
    for (const { hostId } of port.bindings) {
      bindings.set(hostId, (bindings.get(hostId) ?? 0) + 1);
      const counts = groups.get(hostId) ?? {};
      for (const id of port.securityGroupIds) counts[id] = (counts[id] ?? 0) + 1;
      groups.set(hostId, counts);
    }
  }
  const members = all<Member>('member');
  same('members', members.map(({ hostId }) => hostId).sort(), [...bindings.keys()].sort());
  const place = ({ partition, slot, hostId, epoch }: Member): string =>
    `${partition}/${slot} ${hostId} ${epoch}`;
  const slots = all<SlotHolder>('slot');
  const held = slots.filter(({ state }) => state === 'held');
  const hosts = [...new Set(slots.map(({ hostId }) => hostId))];
  const uses = await store.read(scope, hosts.map(keys.use));
  // A host that is being moved holds two.
  const leaving = uses.flatMap((record, i) => {
    const leaves = decodeRecord<HostUse>(record)?.value.leaves;
    return leaves === undefined ? [] : [{ hostId: hosts[i] ?? '', ...leaves }];
  });
  same('held slots', held.map(place).sort(), [...members, ...leaving].map(place).sort());
  hosts.forEach((host, i) => {
    const use = uses[i] && decodeRecord<HostUse>(uses[i])?.value;
    same(`bindings counted on ${host}`, use?.bindings, bindings.get(host) ?? 0);
    same(`ports of groups on ${host}`, use?.groups, groups.get(host) ?? {});
    const newest = Math.max(...slots.filter(({ hostId }) => hostId === host).map(({ epoch }) => epoch));
    same(`epoch of ${host} is none of the past`, (use?.epoch ?? 0) >= newest, true);
  });
}

/** What a registered host relies on: its tunnel endpoint is its own, and its slot of the host lanes as well. */
async function checkHost(book: Book): Promise<Book> {
  const { store, same } = book;
  // Listed before it is registered.
  const [host] = book.all<Host>('host');
  if (host === undefined) return book;
  same('owner of the tunnel endpoint', await store.owners('vtep', [host.vtepIp]), [host.id]);
  same('cluster of the lane', await store.owners('host-lane', [host.id]), [host.lane.cluster]);
  const { hostId, partition, slot, epoch } = host.member;
  const records = await store.read(scopes.lane(host.lane.cluster), [
    keys.member(host.id),
    keys.slot(partition, slot),
  ]);
  const [member, holder] = records.map((record) => decodeRecord<Member>(record)?.value);
  same('member of the lane', member, { hostId, partition, slot, epoch });
  same('slot of the lane', holder, { hostId, partition, slot, epoch, state: 'held' });
  return book;
}

/** What is not dispatched yet can be found by whoever looks. */
async function checkDispatch({ store, scope, same }: Book, announced: ReadonlySet<Scope>): Promise<void> {
  const { revision, dispatched } = await store.status(scope);
  if (dispatched < revision) same('announcement of an undispatched change', announced.has(scope), true);
}

async function lists(store: Store, name: string, id: string): Promise<boolean> {
  return (await catalog(store, name)).includes(id);
}
