import { decodeRecord } from '../../../core/codec/records.ts';
import { PlatformError, invalid } from '../../../core/errors.ts';
import { keys } from '../../../core/model/keys.ts';
import type { FixedIp, Subnet } from '../../../core/model/resources.ts';
import type { Scope, ScopeStore } from '../../../core/store/port.ts';
import type { Transaction } from '../../../core/store/transaction.ts';
import { containsAddress, usable, toNumber } from '../../addresses.ts';
import { isDefined } from '../paging.ts';
import { pickAddresses } from './allocate.ts';
import { missing, taken } from './errors.ts';
import type { AddressWish } from './narrow.ts';

export interface AddressRequest {
  /** Of the port, in the request. */
  readonly path: string;
  readonly wishes: readonly AddressWish[];
  /** What the port has now; it keeps of it what it asks for again. */
  readonly held: readonly FixedIp[];
  /** Without a wish: an address of the VPC's first subnet, or none. */
  readonly byDefault: boolean;
}

/** A wish whose subnet is known; `ipAddress` is '' until one is chosen. */
interface Placed {
  readonly wish: AddressWish;
  readonly subnetId: string;
  ipAddress: string;
  readonly isHeld: boolean;
}

const SUBNET_PAGE = 1_000;

/**
 * The addresses that ports get, in the order of the requests. The transaction has read each new one as absent, so that
 * its commit fails if somebody else takes it first.
 */
export async function resolveAddresses(
  store: ScopeStore,
  tx: Transaction,
  requests: readonly AddressRequest[],
): Promise<FixedIp[][]> {
  const placed = await placeWishes(store, tx.scope, requests);
  const flat = placed.flat();
  const subnets = await readSubnets(tx, flat);
  const used = new Set<string>();
  for (const item of flat) {
    if (item.ipAddress === '') continue;
    if (!item.isHeld) checkAddress(subnetOf(subnets, item), item);
    const key = keys.address(item.subnetId, item.ipAddress);
    if (used.has(key)) throw taken(item.wish.field, 'address', item.ipAddress);
    used.add(key);
  }
  const named = flat.filter((item) => item.ipAddress !== '' && !item.isHeld);
  const holders = await tx.getMany(named.map((item) => keys.address(item.subnetId, item.ipAddress)));
  named.forEach((item, i) => {
    if (holders[i] !== undefined) throw taken(item.wish.field, 'address', item.ipAddress);
  });
  await choose(store, tx, subnets, flat);
  return placed.map((items) => items.map(({ subnetId, ipAddress }) => ({ subnetId, ipAddress })));
}

async function placeWishes(
  store: ScopeStore,
  scope: Scope,
  requests: readonly AddressRequest[],
): Promise<Placed[][]> {
  const open = requests.some(({ wishes, byDefault }) =>
    wishes.length === 0 ? byDefault : wishes.some((wish) => wish.subnetId === ''),
  );
  const subnets = open ? await listSubnets(store, scope) : [];
  return requests.map(({ path, wishes, held, byDefault }) => {
    const field = `${path}.fixed_ips`;
    const first = { field, subnetField: field, subnetId: '', ipAddress: '' };
    const effective = wishes.length === 0 && byDefault && subnets.length > 0 ? [first] : wishes;
    const spare = held.filter((ip) => !wishes.some((wish) => wish.ipAddress === ip.ipAddress));
    return effective.map((wish): Placed => {
      const subnetId = wish.subnetId || subnetFor(subnets, wish);
      const kept = (wish.ipAddress === '' ? spare : held).findIndex(
        (ip) => ip.subnetId === subnetId && (wish.ipAddress === '' || ip.ipAddress === wish.ipAddress),
      );
      if (kept < 0) return { wish, subnetId, ipAddress: wish.ipAddress, isHeld: false };
      const ipAddress = wish.ipAddress || (spare.splice(kept, 1)[0]?.ipAddress ?? '');
      return { wish, subnetId, ipAddress, isHeld: true };
    });
  });
}

function subnetFor(subnets: readonly Subnet[], wish: AddressWish): string {
  const { ipAddress } = wish;
  const found =
    ipAddress === '' ? subnets[0] : subnets.find((subnet) => containsAddress(subnet.cidr, ipAddress));
  if (found !== undefined) return found.id;
  throw invalid(wish.field, ipAddress === '' ? 'the VPC has no subnet' : 'lies in no subnet of the VPC');
}

/** First created first. */
async function listSubnets(store: ScopeStore, scope: Scope): Promise<Subnet[]> {
  const subnets: Subnet[] = [];
  for (let after = ''; ;) {
    const page = await store.list(scope, 'subnet', after, SUBNET_PAGE);
    subnets.push(...page.map((record) => decodeRecord<Subnet>(record)?.value).filter(isDefined));
    const last = subnets.at(-1);
    if (page.length < SUBNET_PAGE || last === undefined) break;
    after = last.id;
  }
  return subnets.sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
}

async function readSubnets(tx: Transaction, items: readonly Placed[]): Promise<Map<string, Subnet>> {
  const wishes = new Map(items.map((item) => [item.subnetId, item.wish]));
  const ids = [...wishes.keys()];
  const found = await tx.getMany<Subnet>(ids.map(keys.subnet));
  return new Map(
    ids.map((id, i) => {
      const subnet = found[i]?.value;
      if (subnet === undefined) throw missing(wishes.get(id)?.subnetField ?? '', 'subnet', id);
      return [id, subnet];
    }),
  );
}

function checkAddress(subnet: Subnet, { wish, ipAddress }: Placed): void {
  if (!containsAddress(subnet.cidr, ipAddress)) {
    throw invalid(wish.field, `${ipAddress} lies outside the subnet's range ${subnet.cidr}`);
  }
  const { first, last } = usable(subnet.cidr);
  const value = toNumber(ipAddress);
  if (value < first || value > last) {
    throw invalid(wish.field, `${ipAddress} is the network or broadcast address of ${subnet.cidr}`);
  }
  if (ipAddress === subnet.gatewayIp) throw invalid(wish.field, `${ipAddress} is the subnet's gateway`);
}

/** Fills in the addresses that are left to the server. */
async function choose(
  store: ScopeStore,
  tx: Transaction,
  subnets: ReadonlyMap<string, Subnet>,
  items: readonly Placed[],
): Promise<void> {
  for (const subnet of subnets.values()) {
    const here = items.filter((item) => item.subnetId === subnet.id);
    for (;;) {
      const open = here.filter((item) => item.ipAddress === '');
      if (open.length === 0) break;
      const exclude = new Set(here.map((item) => item.ipAddress));
      const picked = await pickAddresses(store, tx.scope, subnet, open.length, exclude);
      const short = open[picked.length];
      if (short !== undefined) throw exhausted(short.wish.field, subnet.id);
      const holders = await tx.getMany(picked.map((ip) => keys.address(subnet.id, ip)));
      open.forEach((item, i) => {
        if (holders[i] === undefined) item.ipAddress = picked[i] ?? '';
      });
    }
  }
}

function subnetOf(subnets: ReadonlyMap<string, Subnet>, item: Placed): Subnet {
  const subnet = subnets.get(item.subnetId);
  if (subnet === undefined) throw new PlatformError('internal', `subnet ${item.subnetId} was not read`);
  return subnet;
}

function exhausted(field: string, subnetId: string): PlatformError {
  const description = `subnet ${JSON.stringify(subnetId)} has no free address`;
  return new PlatformError('resource_exhausted', `${field}: ${description}`, {
    violations: [{ field, description }],
    resource: { type: 'subnet', id: subnetId },
  });
}
